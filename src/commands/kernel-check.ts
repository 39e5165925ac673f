import { resolve } from "node:path";
import { loadConfig } from "../config/load.ts";
import { Failure } from "../failure.ts";
import { realPath } from "../files/real-path.ts";
import type { Baseline, DeviceChoice, Dsl, Size } from "../kernels/choices.ts";
import { measureKernels } from "../kernels/harness.ts";
import type {
  CandidateResult,
  KernelDevice,
  KernelResult,
  KernelTimes,
  KernelVerdict,
} from "../kernels/kernel-result.ts";
import { requireFile } from "./required-file.ts";
import type { Context } from "./context.ts";
import { jobOf, kernelCache, openHarness } from "./kernel-setting.ts";

export interface KernelCheckRequest {
  /** Paths, relative to the working folder. */
  problem: string;
  candidate: string;
  device?: DeviceChoice | undefined;
  size?: Size | undefined;
  dsl?: Dsl | undefined;
  config?: string | undefined;
}

/** What one candidate is worth. Times are in milliseconds; a speedup is the reference's time / the candidate's. */
export interface KernelCheckResult {
  command: "kernel check";
  verdict: KernelVerdict;
  compiled: boolean;
  correct: boolean;
  reasons: string[];
  /** The median of paired ratios with its interval (docs/kernels.md); null where nothing was timed. */
  speedup: number | null;
  speedup_low: number | null;
  speedup_high: number | null;
  /** The reference that it is against. */
  against: Baseline | null;
  times: KernelTimes | null;
  device: KernelDevice;
  isolation: KernelResult["isolation"];
  problem: KernelResult["problem"];
  candidate: { sha256: string; dsl: string };
  shapes: CandidateResult["shapes"];
  compile: CandidateResult["compile"];
  library_ops: string[];
  hints: CandidateResult["hints"];
  log_tail: string;
}

/** 0 for a correct candidate alone; 3 where nothing is said about it. */
export function exitCodeOfCheck({ verdict }: Pick<KernelCheckResult, "verdict">): 0 | 1 | 3 {
  if (verdict === "correct") return 0;
  return verdict === "infrastructure" ? 3 : 1;
}

/**
 * Compiles, verifies and times one candidate of a problem. Throws `Failure`: exit code 2 for files that are none of the
 * two, 3 where the machine cannot measure.
 */
export async function kernelCheck(request: KernelCheckRequest, context: Context): Promise<KernelCheckResult> {
  const cwd = await realPath(context.cwd);
  const problem = await requireFile(resolve(cwd, request.problem), request.problem);
  const candidate = await requireFile(resolve(cwd, request.candidate), request.candidate);
  const loaded = await loadConfig(cwd, request.config);
  const { kernels } = loaded.config;
  const job = jobOf(
    {
      problem,
      candidates: [{ id: "candidate", path: candidate, dsl: request.dsl ?? "auto" }],
      device: request.device,
      size: request.size,
    },
    kernels,
    await kernelCache(loaded),
  );
  const harness = await openHarness(loaded, context);
  // The harness says nothing before its end, and a PyTorch kernel is compiled for half a minute.
  context.reporter.info("Compiling, verifying and timing; this can take a minute.");
  const result = await measureKernels(job, harness);
  const [one] = result.results;
  if (one === undefined) {
    throw new Failure("The harness left a result without a candidate.", {
      remedy: "Run it again.",
      exitCode: 3,
    });
  }
  return checkOf(one, result);
}

function checkOf(one: CandidateResult, { device, isolation, problem }: KernelResult): KernelCheckResult {
  const { verdict, compiled, correct, reasons, speedup, times, shapes, compile } = one;
  return {
    command: "kernel check",
    verdict,
    compiled,
    correct,
    reasons,
    speedup: speedup?.median ?? null,
    speedup_low: speedup?.low ?? null,
    speedup_high: speedup?.high ?? null,
    against: speedup?.against ?? null,
    times,
    device,
    isolation,
    problem,
    candidate: { sha256: one.candidate_sha256, dsl: one.dsl },
    shapes,
    compile,
    library_ops: one.library_ops,
    hints: one.hints,
    log_tail: one.log_tail,
  };
}
