import { type Measured, measuredCases, type TrialLookup } from "./measured-case.ts";
import { type NoiseFloor, noiseOf } from "./noise-floor.ts";
import { type Plan, plannedTrials } from "./plan.ts";

/** The noise floors of an A/A run, one for each skill and student. */
export function noiseOfTwoArms(plan: Plan, trials: TrialLookup): NoiseFloor[] {
  return measuredCases(plan, plannedTrials(plan), trials).flatMap((measured) => {
    const floor = noiseOfHalves(measured, plan);
    return floor ? [floor] : [];
  });
}

/**
 * The noise floor of an A/A run, whose plan has twice the repeats of an ordinary one: its halves are two arms of
 * ordinary size. `noiseOf` speaks of arms with all of the plan's repeats, whose difference varies half as much.
 * Undefined where no arm is measured.
 */
export function noiseOfHalves(measured: Measured, plan: Plan): NoiseFloor | undefined {
  const floor = noiseOf(measured, plan);
  if (floor === undefined) return undefined;
  const spread = floor.spread === null ? null : floor.spread * Math.SQRT2;
  return { ...floor, spread, refusesMargin: spread !== null && plan.thresholds.margin < spread };
}
