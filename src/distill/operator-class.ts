/** A class of operators: the part of a skill's name, and how it is called in a sentence. */
export interface OperatorClass {
  key: string;
  phrase: string;
}

/** Words in an operator's name that tell its class; the first row with a hit wins, so specific classes come first. */
const classes: [RegExp, OperatorClass][] = [
  [/attention|flash|sdpa|mha|gqa/, { key: "attention", phrase: "attention kernels" }],
  [/conv/, { key: "convolution", phrase: "convolution kernels" }],
  [/matmul|gemm|gemv|bmm|linear|dot(?!s)|mm\b/, { key: "matmul", phrase: "matrix multiplication kernels" }],
  [/cumsum|cumprod|scan|prefix/, { key: "scan", phrase: "scan kernels" }],
  [/softmax|norm|logsumexp/, { key: "normalization", phrase: "row normalisation kernels" }],
  [/cross.?entropy|loss/, { key: "loss", phrase: "loss kernels" }],
  [
    /sum|mean|max(?!imum)|min(?!imum)|amax|amin|argmax|argmin|reduc|prod|variance|std/,
    { key: "reduction", phrase: "reduction kernels" },
  ],
  [/topk|sort/, { key: "sort", phrase: "sorting kernels" }],
  [/pool/, { key: "pooling", phrase: "pooling kernels" }],
  [/embed|gather|scatter|index/, { key: "gather", phrase: "gather and scatter kernels" }],
  [/transpose|permute|concat|copy|pad|slice|stack/, { key: "layout", phrase: "data movement kernels" }],
  [/quant/, { key: "quantization", phrase: "quantisation kernels" }],
  [/rope|rotary/, { key: "rotary", phrase: "rotary embedding kernels" }],
  [
    /relu|gelu|silu|swish|sigmoid|tanh|exp|log|sqrt|add|sub|mul|div|abs|clamp|elementwise|activation|glu|maximum|minimum|where|cast/,
    { key: "elementwise", phrase: "element-wise kernels" },
  ],
];

/** The class of an operator by its name; an unknown operator gives undefined. */
export function operatorClass(op: string): OperatorClass | undefined {
  const name = op.toLowerCase();
  return classes.find(([pattern]) => pattern.test(name))?.[1];
}

const dslNames: Record<string, string> = {
  "triton-cuda": "Triton (CUDA)",
  "triton-ascend": "Triton (Ascend)",
  "cuda-c": "CUDA C++",
  cpp: "C++",
  ascendc: "Ascend C",
  "tilelang-cuda": "TileLang (CUDA)",
  pypto: "PyPTO",
};

/** How a DSL is written in a sentence; `key` is the DSL with hyphens, in lower case. */
export function dslPhrase(key: string): string {
  return dslNames[key] ?? (key === "" ? "an unnamed DSL" : key);
}
