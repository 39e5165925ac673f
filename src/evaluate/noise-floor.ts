import { countsForVerdict, finishedRuns, type Measured } from "./measured-case.ts";
import type { Plan } from "./plan.ts";
import { clusterT, tInterval } from "./statistics/cluster-t.ts";
import { mean } from "./statistics/normal.ts";
import { type Arm, arms, type Trial } from "./trial.ts";

/** How much one arm differs from itself. Null is unknown: it takes two repeats, and two sources of cases. */
export interface NoiseFloor {
  skill: string;
  student: string;
  arm: Arm;
  cases: number;
  /** Chance that two runs of one case come out differently. */
  flipRate: number | null;
  /** First half of the repeats less the second: what an A/A comparison shows. */
  difference: number | null;
  /** Half of the width of that difference's 95 % interval, for arms with as many repeats as the plan has. */
  spread: number | null;
  /** Whether the plan's margin is smaller than the spread, so that noise alone crosses it. */
  refusesMargin: boolean;
}

/**
 * The A/A comparison of one skill and student, from the repeats of one arm: the simplest one that is measured. Undefined
 * where none is.
 */
export function noiseOf({ skill, student, cases }: Measured, plan: Plan): NoiseFloor | undefined {
  const arm = arms.find((one) => skill.given[one] !== undefined);
  if (arm === undefined) return undefined;
  const repeated = cases
    .filter(countsForVerdict)
    .map((one) => ({ planned: one.planned, runs: finishedRuns(one, arm) }))
    .filter(({ runs }) => runs.length >= 2);
  const halves = repeated.map(({ planned, runs }) => {
    const half = Math.floor(runs.length / 2);
    return { source: planned.source, value: rate(runs.slice(0, half)) - rate(runs.slice(-half)) };
  });
  const estimate = clusterT(halves);
  const { value, low, high } = tInterval(estimate);
  // Halves vary more than whole arms do: the variance of a mean falls with the number of its runs.
  const scale = Math.sqrt(Math.floor(plan.repeats / 2) / plan.repeats);
  const spread = Number.isFinite(high) ? ((high - low) / 2) * scale : null;
  return {
    skill: skill.name,
    student: student.spec,
    arm,
    cases: repeated.length,
    flipRate: repeated.length === 0 ? null : mean(repeated.map(({ runs }) => flips(runs))),
    difference: repeated.length === 0 ? null : value,
    spread,
    refusesMargin: spread !== null && plan.thresholds.margin < spread,
  };
}

function rate(runs: readonly Trial[]): number {
  return runs.filter(({ outcome }) => outcome === "passed").length / runs.length;
}

/** Share of the pairs of runs that differ. */
function flips(runs: readonly Trial[]): number {
  const passed = rate(runs) * runs.length;
  return (passed * (runs.length - passed)) / ((runs.length * (runs.length - 1)) / 2);
}
