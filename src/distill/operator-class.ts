/** A class of operators: the part of a skill's name, and how it is called in a sentence. */
export interface OperatorClass {
  key: string;
  phrase: string;
}

const classes = {
  attention: "attention kernels",
  convolution: "convolution kernels",
  pooling: "pooling kernels",
  matmul: "matrix multiplication kernels",
  scan: "scan kernels",
  normalization: "row normalisation kernels",
  loss: "loss kernels",
  reduction: "reduction kernels",
  sort: "sorting kernels",
  gather: "gather and scatter kernels",
  quantization: "quantisation kernels",
  rotary: "rotary embedding kernels",
  layout: "data movement kernels",
  elementwise: "element-wise kernels",
} as const;

/** Whole words of operators' names, by class. The first class with a word in the name wins: `max_pool` is pooling. */
const words: Record<keyof typeof classes, string> = {
  attention: "attention flash sdpa mha gqa mqa",
  convolution: "conv conv1d conv2d conv3d convolution depthwise",
  pooling: "pool pooling maxpool avgpool pool1d pool2d pool3d maxpool2d avgpool2d",
  matmul: "matmul gemm gemv bmm mm linear addmm einsum",
  scan: "cumsum cumprod scan prefix cummax",
  normalization:
    "softmax logsoftmax layernorm rmsnorm batchnorm groupnorm instancenorm norm l2norm normalize logsumexp",
  loss: "loss crossentropy entropy nll mse kl",
  reduction: "sum rowsum mean reduce reduction amax amin argmax argmin max min prod var variance std",
  sort: "topk sort argsort",
  gather: "embedding gather scatter index",
  quantization: "quant quantize dequant dequantize",
  rotary: "rope rotary",
  layout: "transpose permute concat cat copy pad slice stack",
  elementwise:
    "relu leaky gelu silu swish swiglu geglu glu sigmoid tanh exp log sqrt add sub mul div abs clamp elementwise activation maximum minimum where cast",
};

/** The class of an operator by the words of its name; an unknown operator gives undefined. */
export function operatorClass(op: string): OperatorClass | undefined {
  const name = op.replaceAll(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
  const parts = new Set(name.split(/[^a-z0-9]+/));
  for (const [key, phrase] of Object.entries(classes)) {
    const known = words[key as keyof typeof classes].split(" ");
    if (known.some((word) => parts.has(word))) return { key, phrase };
  }
  return undefined;
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
