import { type CaseDifference, clusterT, tInterval } from "./cluster-t.ts";
import type { Interval } from "./interval.ts";

/** Positive figures of one case in both arms: times, tokens, dollars. */
export interface RatioPair {
  source: string;
  with: number;
  without: number;
}

/**
 * Ratio of the geometric means of paired positive figures, with / without, and its interval on the logarithmic scale,
 * robust to cases that share a source. Pairs with a figure that is not positive and finite are left out; `pairs` says
 * how many were used. NaN without any.
 */
export function geometricRatio(pairs: readonly RatioPair[], level = 0.95): Interval & { pairs: number } {
  const differences: CaseDifference[] = pairs
    .filter((pair) => isPositive(pair.with) && isPositive(pair.without))
    .map((pair) => ({ source: pair.source, value: Math.log(pair.with / pair.without) }));
  const { value, low, high } = tInterval(clusterT(differences), level);
  return { value: Math.exp(value), low: Math.exp(low), high: Math.exp(high), pairs: differences.length };
}

/** The geometric mean of positive numbers; NaN of none, or where one is not positive. */
export function geometricMean(values: readonly number[]): number {
  const logs = values.reduce((sum, value) => sum + Math.log(value), 0);
  return values.length === 0 ? Number.NaN : Math.exp(logs / values.length);
}

function isPositive(value: number): boolean {
  return value > 0 && Number.isFinite(value);
}
