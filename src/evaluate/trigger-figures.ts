import { rateOver } from "./arm-figures.ts";
import { finishedRuns, type MeasuredCase } from "./measured-case.ts";
import type { Interval } from "./statistics/interval.ts";
import { type Arm, arms, type Trial } from "./trial.ts";

/** What a triggering case asks for, as the one check of its trials. */
export const triggerChecks = {
  chosen: "The skill is chosen.",
  notChosen: "The skill is not chosen.",
} as const;

/** How well an agent chooses the skill when it may; apart from what the skill does once it is given. */
export interface TriggerFigures {
  arm: Arm;
  /** Chosen where it should be, over cases. */
  recall: Interval | null;
  shouldTrigger: number;
  /** Not chosen where it should not be, over cases. */
  specificity: Interval | null;
  others: number;
}

/** For each arm with a skill that has triggering results. */
export function triggerFigures(cases: readonly MeasuredCase[]): TriggerFigures[] {
  const queries = cases.filter(({ planned }) => planned.measurement === "triggering");
  return arms.flatMap((arm) => {
    if (arm === "none") return [];
    const runs = queries.map((one) => finishedRuns(one, arm)).filter((trials) => trials.length > 0);
    const should = runs.filter((trials) => asksFor(trials, triggerChecks.chosen));
    const others = runs.filter((trials) => asksFor(trials, triggerChecks.notChosen));
    if (should.length + others.length === 0) return [];
    const recall = rateOver(should);
    const specificity = rateOver(others);
    return [{ arm, recall, shouldTrigger: should.length, specificity, others: others.length }];
  });
}

function asksFor([first]: readonly Trial[], check: string): boolean {
  return first?.checks.some((one) => one.check === check) ?? false;
}
