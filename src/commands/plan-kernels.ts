import { realPath } from "../files/real-path.ts";
import { readEvent } from "../github/event.ts";
import type { Context } from "./context.ts";
import { isKernelTrial } from "./evaluate-kernels.ts";
import { type EvaluateRequest, prepareEvaluation, repositoryAround } from "./evaluation.ts";
import { trustedConfig } from "./trusted-config.ts";
import { plannedTrials } from "../evaluate/plan.ts";

/** For `strategy.matrix` of the jobs that have kernels written and measured, one for each skill. */
export interface KernelMatrix {
  include: {
    /** The skill's name, and a name for the folder and the artifact with its kernels. */
    skill: string;
    bundle: string;
    /** Of the machine that asks the students. */
    labels: string[];
  }[];
}

/**
 * The skills that an evaluation would have kernels written for. Kernels are no part of shards: they are written on one
 * machine and measured on another. Makes no call. Throws `Failure` as `evaluate` does.
 */
export async function planKernels(request: EvaluateRequest, outer: Context): Promise<KernelMatrix> {
  const context = { ...outer, cwd: await realPath(outer.cwd) };
  const event = await readEvent(context.environment);
  const repository = await repositoryAround(request, context);
  const { loaded, base, libraries } = await trustedConfig(repository, event, request, context);
  const evaluation = await prepareEvaluation(
    { ...request, plan: false, generateOnly: "kernels", withCases: true },
    { loaded, repository, base, libraries },
    context,
  );
  if (evaluation === undefined) return { include: [] };
  const { plan, config } = evaluation;
  const names = new Set(
    plannedTrials(plan)
      .filter(isKernelTrial)
      .map(({ skill }) => skill),
  );
  const labels = config.evaluate["runner-labels"];
  return { include: [...names].sort().map((skill) => ({ skill, bundle: `kernels-${skill}`, labels })) };
}
