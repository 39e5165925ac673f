import type { Arm, Trial } from "./trial.ts";

/**
 * Classes of what a provider answers to a request that it does not take as it is: malformed, too long for the model, or
 * against its rules. A key that is not accepted (401, 403) and a model that is not known (404) end a run instead.
 */
const refusals: ReadonlySet<string> = new Set(["http-400", "http-413", "http-422"]);

/** Whether the provider refused the request of this trial. */
export function isRefused({ outcome, error }: Trial): boolean {
  return outcome === "excluded" && refusals.has(error?.class ?? "");
}

/** Whether a trial counts as failed because of that; see `withRefusals`. */
export function failedByRefusal({ outcome, error }: Trial): boolean {
  return outcome === "failed" && refusals.has(error?.class ?? "");
}

type Runs = ReadonlyMap<Arm, readonly (Trial | undefined)[]>;

/**
 * The results of a case by arm and repeat, in which a refused request has failed where the skill in it is the reason:
 * the same repeat was taken in another arm, with another skill or without one. So a skill that makes a request too long
 * fails what it breaks. Where no arm was taken, the request itself is at fault, and where only the arm without a skill
 * was refused no skill can be: those stay missing.
 */
export function withRefusals(runs: Runs): Runs {
  const taken = new Set<number>();
  for (const one of runs.values())
    for (const [repeat, run] of one.entries())
      if (run !== undefined && run.outcome !== "excluded") taken.add(repeat);
  return new Map(
    [...runs].map(([arm, one]) => [
      arm,
      arm === "none"
        ? one
        : one.map((run, repeat) => (run && isRefused(run) && taken.has(repeat) ? failed(run) : run)),
    ]),
  );
}

function failed(run: Trial): Trial {
  const evidence = run.error?.message ?? "";
  return {
    ...run,
    outcome: "failed",
    checks: [{ check: "The provider takes the request.", passed: false, evidence }],
  };
}
