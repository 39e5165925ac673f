import type { TrialLookup } from "./measured-case.ts";
import { type NoiseFloor, noiseFloor } from "./noise-floor.ts";
import type { Plan } from "./plan.ts";

/**
 * The noise floor of an A/A run, whose plan has twice the repeats of an ordinary one: its halves are two arms of
 * ordinary size. `noiseFloor` speaks of arms with all of the plan's repeats, whose difference varies half as much.
 */
export function noiseOfTwoArms(plan: Plan, trials: TrialLookup): NoiseFloor[] {
  return noiseFloor(plan, trials).map((floor) => {
    const spread = floor.spread === null ? null : floor.spread * Math.SQRT2;
    return { ...floor, spread, refusesMargin: spread !== null && plan.thresholds.margin < spread };
  });
}
