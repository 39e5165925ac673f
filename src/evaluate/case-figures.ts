import { type MeasuredCase, finishedRuns, pairsOf, passCount } from "./measured-case.ts";
import type { PlannedCase } from "./plan.ts";
import type { Arm, Trial } from "./trial.ts";
import type { Passes } from "./verdict.ts";

/** One case in all arms. */
export interface CaseFigures {
  planned: PlannedCase;
  /** All results that are there, also excluded ones, by arm and in the order of repeats. */
  trials: ReadonlyMap<Arm, readonly Trial[]>;
  /** Over the runs that count. */
  passes: ReadonlyMap<Arm, Passes>;
  /** Rate of the subject less that of the reference; null where they have no repeat in common. */
  difference: number | null;
}

/**
 * Each case: those that lose the most first, of equal ones those that the subject fails most, those that cannot be
 * compared last; else in the plan's order.
 */
export function caseFigures(
  cases: readonly MeasuredCase[],
  runsOf: (one: MeasuredCase, arm: Arm) => readonly Trial[],
  compared: readonly [Arm, Arm] | undefined,
): CaseFigures[] {
  return cases
    .map((one) => ({
      planned: one.planned,
      trials: new Map([...one.arms].map(([arm, runs]) => [arm, runs.filter((run) => run !== undefined)])),
      passes: new Map(
        [...one.arms.keys()].map((arm): [Arm, Passes] => {
          const runs = runsOf(one, arm);
          return [arm, { passed: passCount(runs), runs: runs.length }];
        }),
      ),
      difference: compared ? differenceOf(one, compared) : null,
    }))
    .sort((a, b) => order(a.difference, b.difference) || order(subjectRate(a), subjectRate(b)));

  function subjectRate({ passes }: CaseFigures): number | null {
    const subject = compared && passes.get(compared[0]);
    return subject === undefined || subject.runs === 0 ? null : subject.passed / subject.runs;
  }
}

function order(a: number | null, b: number | null): number {
  return a === b ? 0 : (a ?? Infinity) - (b ?? Infinity);
}

/** Rate of one arm less that of another, over the repeats they share; null without any. */
export function differenceOf(one: MeasuredCase, [subject, reference]: readonly [Arm, Arm]): number | null {
  const pairs = pairsOf(one, subject, reference);
  if (pairs.length === 0) return null;
  const gained = passCount(pairs.map((pair) => pair.subject));
  return (gained - passCount(pairs.map((pair) => pair.reference))) / pairs.length;
}

/**
 * Which runs of an arm count: those of repeats that also count in the arm it stands against. So the difference of two
 * rates that are shown side by side is the difference that is judged.
 */
export function countedRuns(compared: readonly [Arm, Arm] | undefined) {
  return (one: MeasuredCase, arm: Arm): Trial[] => {
    if (!compared) return finishedRuns(one, arm);
    const [subject, reference] = compared;
    return arm === subject
      ? pairsOf(one, subject, reference).map((pair) => pair.subject)
      : pairsOf(one, subject, arm).map((pair) => pair.reference);
  };
}
