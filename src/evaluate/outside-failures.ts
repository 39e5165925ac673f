import type { Measured } from "./measured-case.ts";
import type { Trial } from "./trial.ts";

/** Who failed where the student could do nothing about it, how often, and why. */
export interface OutsideFailure {
  by: "student" | "judge" | "script";
  /** As results have it, such as `http-503`. */
  class: string;
  trials: number;
  /** Of the first of them, as its result says it: with the spec of a model in it. */
  reason: string;
}

/** The failures behind excluded trials, the most frequent first. Arms that give the same share their trials. */
export function outsideFailures(cases: Measured["cases"]): OutsideFailure[] {
  const found = new Map<string, OutsideFailure>();
  const seen = new Set<string>();
  for (const { arms } of cases)
    for (const runs of arms.values())
      for (const run of runs) {
        if (run?.outcome !== "excluded" || run.error === null || seen.has(run.key)) continue;
        seen.add(run.key);
        const known = found.get(run.error.class);
        if (known) known.trials += 1;
        else found.set(run.error.class, { ...failureOf(run.error), trials: 1 });
      }
  return [...found.values()].sort((a, b) => b.trials - a.trials);
}

/** "judge" is the class of `endTrial`, "script" that of an agent's trial; all others say what a provider or an agent did. */
function failureOf({ class: name, message }: NonNullable<Trial["error"]>): Omit<OutsideFailure, "trials"> {
  return { by: name === "judge" || name === "script" ? name : "student", class: name, reason: message };
}

/** That no more trials of a lane are tried, as sentences for the one who runs it; with the spec as it was written. */
export function keepsFailingWords(error: NonNullable<Trial["error"]>, untried: number): string {
  const { by, reason } = failureOf(error);
  const others = untried === 1 ? "1 other trial was" : `${untried} other trials were`;
  const rest = untried === 0 ? "" : ` ${others} not tried.`;
  return `The ${by} keeps failing: ${reason.replace(/[.]$/, "")}.${rest} Run it again to go on.`;
}
