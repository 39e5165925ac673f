import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Element-wise operators without PyTorch: the reference in NumPy, and the same in C. */
const operators = {
  square: ["x * x", "x * x"],
  cube: ["x * x * x", "x * x * x"],
  negate: ["-x", "-x"],
  twice: ["x + x", "x + x"],
  affine: ["x * 3.0 + 1.0", "x * 3.0f + 1.0f"],
  relu: ["np.maximum(x, 0)", "x > 0 ? x : 0"],
  quarter: ["x * 0.25", "x * 0.25f"],
} as const;
export type Operator = keyof typeof operators;
export const allOperators = Object.keys(operators) as Operator[];

/** The text of a problem in the torch-free form. */
export function problemText(operator: Operator): string {
  return `import os
import numpy as np

SIZE = {"tiny": 100}.get(os.environ.get("KERNEL_SIZE"), 262144)
SIGNATURE = {"function": "${operator}", "arguments": [
    {"kind": "input", "index": 0, "type": "float32"},
    {"kind": "output", "index": 0, "type": "float32"},
    {"kind": "size", "index": 0, "axis": 0}]}


def reference(x):
    return ${operators[operator][0]}


def get_inputs(generator):
    return [generator.standard_normal(SIZE).astype(np.float32)]


def get_inputs_dyn_list(generator):
    return [[generator.standard_normal(n).astype(np.float32)] for n in (1, 33)]
`;
}

/** A kernel that is right. */
export function goodKernel(operator: Operator): string {
  return kernel(operator, operators[operator][1]);
}

/** One that is right, and takes its time. */
export function slowKernel(operator: Operator): string {
  const [, expression] = operators[operator];
  return `#include <cstdint>
extern "C" int ${operator}(const float *in, float *out, int64_t n) {
  for (int round = 0; round < 6; ++round)
    for (int64_t i = 0; i < n; ++i) { volatile float x = in[i]; out[i] = ${expression}; }
  return 0;
}
`;
}

/** One that compiles and is wrong. */
export function wrongKernel(operator: Operator): string {
  return kernel(operator, `0.5f + ${operators[operator][1]}`);
}

function kernel(operator: Operator, expression: string): string {
  return `#include <cstdint>
extern "C" int ${operator}(const float *in, float *out, int64_t n) {
  for (int64_t i = 0; i < n; ++i) { float x = in[i]; out[i] = ${expression}; }
  return 0;
}
`;
}

export function fencedKernel(source: string): string {
  return `This is it:\n\n\`\`\`cpp\n${source}\`\`\`\n`;
}

export const kernelMark = "walrus-lighthouse-playbook";

/** A library with one skill that has a kernel case for each operator, and a configuration that measures in short. */
export async function writeKernelSkill(
  folder: string,
  chosen: readonly Operator[],
  options: { rounds?: number; isTimed?: boolean; shapes?: number[][][] } = {},
): Promise<void> {
  const skill = join(folder, "skills/kernel-skill");
  await mkdir(join(skill, "evals/problems"), { recursive: true });
  await writeFile(
    join(skill, "SKILL.md"),
    `---\nname: kernel-skill\ndescription: "Write element-wise kernels in C++. Use for kernels."\n---\n\n# ${kernelMark}\n\nWrite one loop.\n`,
  );
  const kernels = chosen.map((operator) => ({
    id: operator,
    problem: `problems/${operator}.py`,
    dsl: "abi",
    shapes: options.shapes ?? [],
  }));
  await writeFile(join(skill, "evals/kernels.json"), JSON.stringify({ kernels }));
  for (const operator of chosen) {
    await writeFile(join(skill, "evals/problems", `${operator}.py`), problemText(operator));
  }
  await writeFile(
    join(folder, "overproof.yml"),
    `evaluate:\n  repeats: 1\nkernels:\n  device: cpu\n  pairs: 3\n  seconds: 0.1\n  trials: 1\n  repair-rounds: ${options.rounds ?? 0}\n  timing: ${options.isTimed ?? false}\n`,
  );
}
