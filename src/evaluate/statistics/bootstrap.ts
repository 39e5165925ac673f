import type { Interval } from "./interval.ts";
import { mean } from "./normal.ts";
import type { Random } from "./random.ts";

/**
 * Percentile interval of a statistic by drawing whole cases with replacement (never single runs: those of one case go
 * together). Too narrow below about ten cases; for display, not for a verdict.
 */
export function caseBootstrap<T>(
  cases: readonly T[],
  statistic: (sample: readonly T[]) => number,
  options: { random: Random; level?: number; rounds?: number },
): Interval {
  const { random, level = 0.95, rounds = 2_000 } = options;
  const value = statistic(cases);
  if (cases.length === 0) return { value, low: -Infinity, high: Infinity };
  const values: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const sample = cases.map(() => cases[Math.floor(random() * cases.length)] as T);
    const drawn = statistic(sample);
    if (!Number.isNaN(drawn)) values.push(drawn);
  }
  values.sort((a, b) => a - b);
  return { value, low: quantile(values, (1 - level) / 2), high: quantile(values, (1 + level) / 2) };
}

/** The value below which a share of the sorted values lies, between neighbours in proportion. NaN of none. */
export function quantile(sorted: readonly number[], share: number): number {
  if (sorted.length === 0) return Number.NaN;
  const place = share * (sorted.length - 1);
  const low = Math.floor(place);
  const left = sorted[low] ?? Number.NaN;
  const right = sorted[Math.min(low + 1, sorted.length - 1)] ?? left;
  // Equal neighbours may both be infinite, whose difference is no number.
  return left === right ? left : left + (place - low) * (right - left);
}

/** The value in the middle. NaN of none. */
export function median(values: readonly number[]): number {
  return quantile(
    [...values].sort((a, b) => a - b),
    0.5,
  );
}

/** Square root of the mean squared distance from the mean, with n - 1; NaN for fewer than two. */
export function standardDeviation(values: readonly number[]): number {
  if (values.length < 2) return Number.NaN;
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1));
}
