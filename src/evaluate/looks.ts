import type { Plan } from "./plan.ts";
import { alphaOfLook } from "./statistics/alpha-spending.ts";

/** How many repeats a look at the results sees, of the plan's; `look` from 1. */
export function repeatsAtLook({ repeats, looks }: Pick<Plan, "repeats" | "looks">, look: number): number {
  return Math.ceil((repeats * Math.min(look, looks)) / looks);
}

export interface Look {
  /** From 1. */
  look: number;
  repeats: number;
  /** The two-sided level to decide at. */
  alpha: number;
}

/**
 * The look that results have reached which go up to a number of repeats. It follows from the results alone, so that
 * a report decides at the level that the run decided at.
 */
export function lookReached(plan: Pick<Plan, "repeats" | "looks" | "thresholds">, repeats: number): Look {
  let look = 1;
  while (look < plan.looks && repeatsAtLook(plan, look) < repeats) look += 1;
  return {
    look,
    repeats: repeatsAtLook(plan, look),
    alpha: alphaOfLook(look, plan.looks, plan.thresholds.alpha),
  };
}
