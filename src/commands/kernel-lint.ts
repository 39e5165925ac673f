import { resolve } from "node:path";
import { loadConfig } from "../config/load.ts";
import { realPath } from "../files/real-path.ts";
import type { DeviceChoice, Size } from "../kernels/choices.ts";
import { lintProblem } from "../kernels/harness.ts";
import type { KernelDevice, ProblemResult } from "../kernels/kernel-result.ts";
import type { Context } from "./context.ts";
import { jobOf, openHarness } from "./kernel-setting.ts";
import { reportedPath } from "./reported-path.ts";
import { requireFile } from "./required-file.ts";

/** What is wrong with problems: a flagged one would let kernels pass that do nothing. */
export interface KernelLintResult {
  command: "kernel lint";
  problems: { file: string; sha256: string; flags: ProblemResult["problem"]["flags"] }[];
  flagged: number;
  device: KernelDevice | null;
}

/** Looks for what makes problems too weak to gate anything. Throws `Failure` (exit codes 2 and 3). */
export async function kernelLint(
  request: {
    problems: readonly string[];
    device?: DeviceChoice | undefined;
    size?: Size | undefined;
    config?: string | undefined;
  },
  context: Context,
): Promise<KernelLintResult> {
  const cwd = await realPath(context.cwd);
  const { reporter } = context;
  const paths: string[] = [];
  for (const problem of request.problems) paths.push(await requireFile(resolve(cwd, problem), problem));
  const loaded = await loadConfig(cwd, request.config);
  const harness = await openHarness(loaded, context);
  const problems: KernelLintResult["problems"] = [];
  let device: KernelDevice | null = null;
  for (const [done, problem] of paths.entries()) {
    reporter.progress("Checking problems", done, paths.length);
    const { device: choice, size } = request;
    const job = jobOf(
      { problem, candidates: [], device: choice, size },
      loaded.config.kernels,
      loaded.folder,
    );
    const result = await lintProblem({ ...job, cache: null }, harness);
    problems.push({
      file: reportedPath(problem, cwd),
      sha256: result.problem.sha256,
      flags: result.problem.flags,
    });
    device = result.device;
  }
  reporter.progress("Checking problems", paths.length, paths.length);
  const flagged = problems.filter(({ flags }) => flags.length > 0).length;
  return { command: "kernel lint", problems, flagged, device };
}
