import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Size } from "../../src/kernels/choices.ts";
import { lintProblem, measureKernels } from "../../src/kernels/harness.ts";
import { harnessFolder } from "../../src/kernels/harness-folder.ts";
import { findInterpreter } from "../../src/kernels/interpreter.ts";
import type { Job } from "../../src/kernels/job.ts";
import type { KernelResult } from "../../src/kernels/kernel-result.ts";
import type { BenchResult } from "./bench-result.ts";

const fixtures = resolve(import.meta.dirname, "../../test/fixtures/kernels");
const plain = { problem: "abi/problems/softmax.py", candidate: "abi/solutions/softmax.c" };
const torchProblem = "problems/03_softmax.py";
/** Jobs with one candidate and with several differ by what a candidate costs. */
const several = 3;
/** Of timed blocks, at most; a new configuration allows 20. */
const timedSeconds = 5;
const gibibyte = 2 ** 30;

interface Variant {
  name: string;
  problem: string;
  candidate: string;
  size: Size;
  isCached: boolean;
}

/** What the harness takes for a row softmax of three sizes, beside the time that the kernels themselves take. */
export async function run(): Promise<BenchResult> {
  const folder = await mkdtemp(join(tmpdir(), "kernel-bench-"));
  try {
    const environment = process.env;
    const interpreter = await findInterpreter({ environment });
    const harness = { interpreter, folder: await harnessFolder(), environment };
    const variants: Variant[] = (["tiny", "cpu", "gpu"] as const).map((size) => ({
      name: "C, no PyTorch",
      ...plain,
      size,
      isCached: false,
    }));
    if (interpreter.hasTorch) {
      const { device } = await lintProblem(jobOf({ problem: torchProblem, size: "tiny" }, [], null), harness);
      const isCuda = device.kind === "cuda";
      for (const size of isCuda ? (["tiny", "cpu", "gpu"] as const) : (["tiny", "cpu"] as const)) {
        variants.push({
          name: isCuda ? "PyTorch, Triton" : "PyTorch, C++",
          problem: torchProblem,
          candidate: `solutions/${isCuda ? "triton" : "cpp_inline"}/03_softmax.py`,
          size,
          isCached: true,
        });
      }
    }
    const rows: BenchResult["rows"] = [];
    for (const variant of variants) {
      const measure = (count: number): Promise<KernelResult> => {
        const paths = Array.from({ length: count }, () => variant.candidate);
        return measureKernels(
          jobOf(variant, paths, variant.isCached ? join(folder, "cache") : null),
          harness,
        );
      };
      console.error(`  ${variant.name}, ${variant.size} ...`);
      // What is compiled for minutes is compiled here, and its time told apart.
      const first = variant.isCached ? await measure(1) : undefined;
      rows.push(rowOf(variant, await measure(1), await measure(several), first));
    }
    return {
      name: "Kernels: what measuring one takes",
      method: `Row softmax, measured with the settings of a new configuration (5 fresh inputs on the main shape and one or two on each further one, 31 pairs of timed blocks), but for the time: pairs end after ${timedSeconds} s. Seconds per candidate: a job with ${several} candidates less a job with one, divided by ${several - 1}; the kernels' own part of it is the time inside timed blocks, of candidate and reference together. The start of a job holds the checks of the problem and the processes of the reference. PyTorch kernels come from the cache of compiled ones; what compiling them took the first time stands apart.`,
      rows,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function jobOf(
  { problem, size }: Pick<Variant, "problem" | "size">,
  candidates: readonly string[],
  cache: string | null,
): Job {
  return {
    format: 1,
    problem: { path: join(fixtures, problem), format: "auto" },
    candidates: candidates.map((path, index) => ({
      id: `k${index}`,
      path: join(fixtures, path),
      dsl: "auto",
    })),
    device: "auto",
    size,
    trials: 5,
    shapes: [],
    dtypes: [],
    timing: { pairs: 31, seconds: timedSeconds },
    versus: [],
    policy: { library: "refused" },
    limits: {
      compile_seconds: 300,
      run_seconds: 120,
      memory_bytes: 8 * gibibyte,
      processes: 64,
      file_bytes: gibibyte,
    },
    cache,
  };
}

function rowOf(
  { name, size }: Variant,
  one: KernelResult,
  all: KernelResult,
  first: KernelResult | undefined,
): Record<string, string> {
  for (const { verdict, reasons } of [...one.results, ...all.results]) {
    if (verdict !== "correct")
      throw new Error(`A kernel of the fixtures is ${verdict}: ${reasons.join(" ")}`);
  }
  const each = (seconds: (result: KernelResult) => number): number =>
    (seconds(all) - seconds(one)) / (several - 1);
  const total = each(({ seconds }) => seconds.total);
  const kernels = each(({ seconds }) => seconds.kernels);
  const [result] = one.results;
  const compile = (first ?? all).results[0]?.compile.seconds;
  return {
    kernel: name,
    size,
    device: one.device.kind,
    "kernel (ms)": result?.times?.candidate.median_ms.toPrecision(3) ?? "",
    "per candidate (s)": total.toFixed(2),
    "kernels' own (s)": kernels.toFixed(2),
    "overhead (s)": (total - kernels).toFixed(2),
    "start of a job (s)": Math.max(0, one.seconds.total - total).toFixed(2),
    "first compile (s)": compile?.toFixed(1) ?? "",
  };
}

if (import.meta.main) console.table((await run()).rows);
