import type { EvaluateResult } from "../evaluate/evaluation-result.ts";
import type { ResultStore } from "../evaluate/result-store.ts";
import { keepPlan, mayReplacePlan } from "../evaluate/stored-plan.ts";
import type { Evaluation } from "./evaluation.ts";
import { reportedPath } from "./reported-path.ts";

/** Writes the plan beside the results as soon as it may. */
export interface PlanKeeper {
  /** Before the first trial. */
  begin(): Promise<void>;
  /** A trial has a result. */
  onFinished: () => void;
  end(result: EvaluateResult): Promise<void>;
}

/**
 * A plan whose results lie in the folder stays there until this run has results of its own: a run that fails leaves the
 * earlier report as it was. An A/A run measures noise and no skill: its plan is not one that a report is made from.
 */
export function planKeeper({ plan, folder, request, context }: Evaluation, store: ResultStore): PlanKeeper {
  if (request.aa) return { begin: async () => undefined, onFinished() {}, end: async () => undefined };
  let kept: Promise<void> | undefined;
  const keepNow = async (): Promise<void> => {
    const earlier = await keepPlan(folder, plan, store);
    if (earlier === undefined) return;
    const shown = reportedPath(folder, context.cwd);
    context.reporter.info(
      `The earlier results in ${shown} keep their plan: overproof report --results ${shown} --plan ${earlier} shows them.`,
    );
  };
  return {
    async begin() {
      if (await mayReplacePlan(folder, plan, store)) await (kept = keepNow());
    },
    onFinished() {
      kept ??= keepNow();
      // What goes wrong is thrown where it is waited for, at the end.
      kept.catch(() => undefined);
    },
    async end(result) {
      const isEmpty =
        "outcome" in result && (result.outcome === "service failed" || result.outcome === "nothing measured");
      if (!isEmpty) kept ??= keepNow();
      await kept;
    },
  };
}
