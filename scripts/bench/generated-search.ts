import type { LoggedSearch, LoggedTask } from "../../test/akg-log-folder.ts";
import { randomFrom } from "./seeded-random.ts";

/** A tree grows from versions that did well; in a chain every version descends from the one before it. */
export type SearchShape = "tree" | "chain";

/** What a generated version of a row softmax is made of. */
interface Variant {
  block: number;
  warps: number;
  stages: number;
  singlePass: boolean;
  exp2: boolean;
}

const remarks = [
  "one CTA per row",
  "mask the remainder",
  "stay in registers",
  "keep it coalesced",
  "no divergence",
];

/**
 * A made-up search of `count` versions of a Triton row softmax: nine of ten pass, each changes one or two choices of
 * its parent and rewrites the remarks, and its time follows from the choices with 1 % of noise. The same seed gives
 * the same search.
 */
export function generatedSearch(count: number, shape: SearchShape, seed: number): LoggedSearch {
  const random = randomFrom(seed);
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
  const passed: { task: LoggedTask; variant: Variant }[] = [];
  const tasks: LoggedTask[] = [];
  const firsts = shape === "chain" ? 1 : 4;
  for (let number = 1; number <= count; number += 1) {
    const isFirst = number <= firsts;
    const parent = isFirst ? undefined : shape === "chain" ? passed.at(-1) : chosenParent(passed, random);
    const variant = parent ? changed(parent.variant, pick) : firstVariant(pick);
    const isFailed = shape === "tree" && !isFirst && random() < 0.1;
    const task: LoggedTask = {
      task_id: parent ? `_Gen${generationOf(parent.task) + 1}_Task${number}` : `_Init_Task${number}`,
      code: source(variant, pick),
    };
    if (parent) task.parent_id = parent.task.task_id;
    if (isFailed) {
      task.passed = false;
      task.error_log = `Traceback (most recent call last):\n${`  File "kernel.py", line ${number}, in run\n`.repeat(30)}AssertionError: results differ`;
    } else {
      task.gen_time = timeOf(variant) * (0.99 + 0.02 * random());
      passed.push({ task, variant });
    }
    tasks.push(task);
  }
  return { op: "softmax", tasks, baseTime: 127.8 };
}

/** One of the ten fastest of the last hundred, or any of them. */
function chosenParent<T extends { task: LoggedTask }>(
  passed: readonly T[],
  random: () => number,
): T | undefined {
  const recent = passed.slice(-100);
  const fastest = recent.toSorted((a, b) => Number(a.task.gen_time) - Number(b.task.gen_time)).slice(0, 10);
  const pool = random() < 0.7 ? fastest : recent;
  return pool[Math.floor(random() * pool.length)];
}

function generationOf(task: LoggedTask): number {
  return Number(/_Gen(\d+)_/.exec(task.task_id)?.[1] ?? 0);
}

function firstVariant(pick: <T>(values: readonly T[]) => T): Variant {
  return { block: pick([128, 256]), warps: pick([1, 2, 4]), stages: 1, singlePass: false, exp2: false };
}

function changed(parent: Variant, pick: <T>(values: readonly T[]) => T): Variant {
  const child = { ...parent };
  switch (pick(["block", "warps", "stages", "singlePass", "exp2"] as const)) {
    case "block":
      child.block = pick([128, 256, 512, 1024, 2048, 4096, 8192]);
      break;
    case "warps":
      child.warps = pick([1, 2, 4, 8, 16]);
      break;
    case "stages":
      child.stages = pick([1, 2, 3, 4, 5]);
      break;
    case "singlePass":
      child.singlePass = !child.singlePass;
      break;
    case "exp2":
      child.exp2 = !child.exp2;
      break;
  }
  return child;
}

function timeOf({ block, warps, stages, singlePass, exp2 }: Variant): number {
  const tile = 1 + 0.04 * Math.abs(Math.log2(block) - 11);
  const occupancy = 1 + 0.05 * Math.abs(Math.log2(warps) - 3);
  return (
    70 * tile * occupancy * (singlePass ? 1 : 1.6) * (exp2 ? 0.98 : 1) * (1 + 0.005 * Math.abs(stages - 3))
  );
}

function source(
  { block, warps, stages, singlePass, exp2 }: Variant,
  pick: <T>(values: readonly T[]) => T,
): string {
  const exp = exp2 ? "tl.exp2(x * 1.4426950408889634)" : "tl.exp(x)";
  const body = singlePass
    ? `    cols = tl.arange(0, BLOCK_SIZE)
    mask = cols < n_cols  # ${pick(remarks)}
    x = tl.load(x_row + cols, mask=mask, other=float("-inf")).to(tl.float32)
    x = x - tl.max(x, axis=0)  # ${pick(remarks)}
    num = ${exp}
    y = num / tl.sum(num, axis=0)
    tl.store(out_row + cols, y, mask=mask)`
    : `    peak = float("-inf")
    for start in range(0, n_cols, BLOCK_SIZE):
        cols = start + tl.arange(0, BLOCK_SIZE)
        mask = cols < n_cols  # ${pick(remarks)}
        x = tl.load(x_row + cols, mask=mask, other=float("-inf")).to(tl.float32)
        peak = tl.maximum(peak, tl.max(x, axis=0))
    # ${pick(remarks)}
    total = 0.0
    for start in range(0, n_cols, BLOCK_SIZE):
        cols = start + tl.arange(0, BLOCK_SIZE)
        x = tl.load(x_row + cols, mask=cols < n_cols, other=float("-inf")).to(tl.float32) - peak
        total += tl.sum(${exp}, axis=0)
    for start in range(0, n_cols, BLOCK_SIZE):
        cols = start + tl.arange(0, BLOCK_SIZE)
        x = tl.load(x_row + cols, mask=cols < n_cols, other=0.0).to(tl.float32) - peak
        tl.store(out_row + cols, ${exp} / total, mask=cols < n_cols)  # ${pick(remarks)}`;
  return `import torch
import triton
import triton.language as tl

@triton.jit
def softmax_kernel(x_ptr, out_ptr, n_cols, stride, BLOCK_SIZE: tl.constexpr):
    """Softmax over the last dimension: ${pick(remarks)}."""
    row = tl.program_id(0)  # ${pick(remarks)}
    x_row = x_ptr + row * stride
    out_row = out_ptr + row * stride
${body}


class ModelNew(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        # ${pick(remarks)}
        x = x.contiguous()
        n_rows, n_cols = x.shape
        out = torch.empty_like(x)
        softmax_kernel[(n_rows,)](
            x, out, n_cols, x.stride(0), BLOCK_SIZE=${block}, num_warps=${warps}, num_stages=${stages},
        )
        return out
`;
}
