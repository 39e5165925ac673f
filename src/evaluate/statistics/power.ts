import { normalQuantile } from "./normal.ts";
import { tQuantile } from "./student-t.ts";

/** How much cases and repeats vary, as rates: variances of the true differences and of single runs. */
export interface Variances {
  /** Of the true difference between cases. */
  between: number;
  /** Of one run around its case's rate, averaged over cases and arms; 1/6 for rates spread evenly over 0 to 1. */
  within: number;
}

/** Before anything has run: effects that differ by 0.2 between cases, rates spread evenly. */
export const assumedVariances: Variances = { between: 0.04, within: 1 / 6 };

/** Standard error of the mean difference over `cases` cases with `repeats` runs in each of two arms. */
export function standardErrorOf(cases: number, repeats: number, variances: Variances): number {
  return Math.sqrt((variances.between + (2 * variances.within) / repeats) / cases);
}

/**
 * Cases needed to detect a difference `effect` with the given power (Miller, Adding Error Bars to Evals, 2024,
 * arXiv 2411.00640): n = (z_(alpha/2) + z_beta)^2 (omega^2 + 2 s^2 / K) / delta^2, rounded up.
 */
export function casesNeeded(
  effect: number,
  repeats: number,
  options: { variances?: Variances; alpha?: number; power?: number } = {},
): number {
  const { variances = assumedVariances, alpha = 0.05, power = 0.8 } = options;
  const z = normalQuantile(1 - alpha / 2) + normalQuantile(power);
  const spread = variances.between + (2 * variances.within) / repeats;
  return Math.ceil((z * z * spread) / (effect * effect) - 1e-9);
}

/**
 * The smallest difference that a suite detects with the given power, with t quantiles for small suites. Infinite for
 * fewer than two cases.
 */
export function detectableEffect(
  cases: number,
  repeats: number,
  options: { variances?: Variances; alpha?: number; power?: number } = {},
): number {
  const { variances = assumedVariances, alpha = 0.05, power = 0.8 } = options;
  if (cases < 2) return Infinity;
  const df = cases - 1;
  return (tQuantile(1 - alpha / 2, df) + tQuantile(power, df)) * standardErrorOf(cases, repeats, variances);
}
