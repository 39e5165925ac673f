import { dirname, resolve } from "node:path";
import { openBundle } from "../evaluate/kernel-bundle.ts";
import { stateOf } from "../evaluate/kernel-state.ts";
import { plannedTrials } from "../evaluate/plan.ts";
import { usageFailure } from "../failure.ts";
import { realPath } from "../files/real-path.ts";
import { writeStaged } from "../files/staged-write.ts";
import { kernelBenchResults } from "../kernels/kernelbench-results.ts";
import type { Context } from "./context.ts";
import { isKernelTrial } from "./evaluate-kernels.ts";
import { reportedPath } from "./reported-path.ts";

export interface KernelExportResult {
  command: "kernel export";
  file: string;
  samples: number;
}

/**
 * Writes what the kernels of one arm in a bundle came to as KernelBench's `eval_results.json`, in the plan's order.
 * Throws `Failure` (exit code 2).
 */
export async function kernelExport(
  request: { bundle: string; arm: string; output: string },
  { cwd: given }: Pick<Context, "cwd">,
): Promise<KernelExportResult> {
  const cwd = await realPath(given);
  const folder = resolve(cwd, request.bundle);
  const bundle = await openBundle(folder, reportedPath(folder, cwd));
  try {
    const measured = plannedTrials(bundle.plan)
      .filter((trial) => isKernelTrial(trial) && trial.arm === request.arm)
      .flatMap((trial) => {
        const state = stateOf(trial, bundle);
        return state.step === "done" && state.measured !== null ? [state.measured] : [];
      });
    if (measured.length === 0) {
      throw usageFailure(
        `The bundle has no measured kernel of the arm ${request.arm}.`,
        "Measure it first, or name another arm with --arm.",
      );
    }
    const path = resolve(cwd, request.output);
    const content = `${JSON.stringify(kernelBenchResults(measured), null, 2)}\n`;
    await writeStaged([{ path, content, root: dirname(path) }]);
    return { command: "kernel export", file: reportedPath(path, cwd), samples: measured.length };
  } finally {
    await bundle.close();
  }
}
