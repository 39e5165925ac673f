import type { AskedDsl, Measuring } from "./kernel-cases.ts";

/** Raised with every change of a text below: what was asked belongs to a case. */
const wanted: Record<AskedDsl, readonly string[]> = {
  triton: [
    "Write the computation as one or more Triton kernels (`@triton.jit`), launched from `ModelNew.forward`.",
  ],
  cuda: [
    "Write the computation as one or more CUDA C++ kernels, compiled with `torch.utils.cpp_extension.load_inline` when the module is imported, and launched from `ModelNew.forward`.",
  ],
  cpp: [
    "Write the computation in C++ for the CPU, compiled with `torch.utils.cpp_extension.load_inline` when the module is imported, and called from `ModelNew.forward`.",
  ],
  python: ["Write the computation in Python."],
  abi: [
    'Write the computation in C++ for the CPU: one `extern "C"` function with the name and the arguments that `SIGNATURE` of the problem lists, in their order. An `input` and an `output` are pointers to dense arrays in C order, a `size` is an `int64_t`, a `value` has its type. It returns an `int`, 0 for success, or nothing. It is compiled as one file with the standard library alone.',
  ],
};

const module = [
  "Answer with one Python module that defines `class ModelNew(nn.Module)`. It is constructed with what `get_init_inputs()` returns, gets the parameters and buffers of `Model` by `load_state_dict(strict=True)`, and its `forward` takes what `get_inputs()` returns.",
  "Its results have the type, shape, element type, strides and device of those of `Model`, for every input of the same kind: other values, and for a problem that lists them other shapes.",
];
const taskModule = [
  "Answer with one Python module that defines `custom_kernel(data)`. It takes what `generate_input` of the problem returns, and gives what its `check_implementation` accepts.",
];
const common = [
  "Inputs stay as they are. Nothing is kept from one call to the next.",
  "Its results are verified against the reference in double precision, and its time is compared with that of the reference. Being faster counts only where it is correct.",
];

/** What a student is asked in a kernel case, with the problem's files beside it; the same in every arm. */
export function kernelPrompt(
  problem: string,
  { dsl, library, shapes, dtypes }: Pick<Measuring, "dsl" | "library" | "shapes" | "dtypes">,
): string {
  const form = dsl === "abi" ? [] : /\.ya?ml$/.test(problem) ? taskModule : module;
  const rules = [
    ...wanted[dsl],
    ...form,
    ...common,
    ...(shapes.length === 0
      ? []
      : [`It is verified on inputs of these shapes as well: ${shapes.map(shapeWords).join("; ")}.`]),
    ...(dtypes.length === 0
      ? []
      : [`It is verified with inputs and weights of these types as well: ${dtypes.join(", ")}.`]),
    library === "refused"
      ? "The kernel does the work itself: calls of a library or of the framework that compute the result are refused."
      : "A library or the framework may compute a part of the result.",
  ];
  return [
    `Write a fast kernel for the problem in the file ${JSON.stringify(problem)}.`,
    ...rules.map((rule) => `- ${rule}`),
    `Give the whole ${dsl === "abi" ? "C++ file" : "module"} in one fenced code block, and no other code block.`,
  ].join("\n");
}

/** One shape for each tensor. */
function shapeWords(shapes: readonly (readonly number[])[]): string {
  return shapes.map((shape) => `(${shape.join(", ")})`).join(" and ");
}

/** In characters. */
const mostFeedback = 6000;

/** What a student is asked after an answer that failed: the same as before, with that answer and what came of it. */
export function repairPrompt(prompt: string, answer: string, feedback: string): string {
  return [
    prompt,
    "",
    "An earlier answer to this was:",
    "",
    answer.trim(),
    "",
    "What came of it:",
    "",
    feedback.slice(0, mostFeedback),
    "",
    "Correct it. Answer in the same form, with the whole file.",
  ].join("\n");
}
