import type { Interval } from "./interval.ts";
import { mean } from "./normal.ts";
import { tCdf, tQuantile } from "./student-t.ts";

/** The difference of one case, and the source that it shares with others, such as an operator. */
export interface CaseDifference {
  source: string;
  /** Mean of one arm minus mean of the other. */
  value: number;
}

export interface ClusterT {
  mean: number;
  /** NaN for fewer than two clusters. */
  standardError: number;
  clusters: number;
  /** How many clusters of one size weigh as much as these: (sum n)^2 / sum n^2 (Kish 1965). */
  effectiveClusters: number;
  /** Clusters - 1. */
  df: number;
}

/**
 * Mean difference with a standard error that is robust to cases of one source going together: the sandwich estimator
 * with the correction G / (G - 1) for few clusters (Cameron and Miller 2015). With one case a source it is the usual
 * standard error of a mean.
 */
export function clusterT(differences: readonly CaseDifference[]): ClusterT {
  const average = mean(differences.map(({ value }) => value));
  const sums = [...clusterSums(differences, average).values()];
  const clusters = sums.length;
  const sizes = new Map<string, number>();
  for (const { source } of differences) sizes.set(source, (sizes.get(source) ?? 0) + 1);
  const squaredSizes = [...sizes.values()].reduce((sum, size) => sum + size * size, 0);
  const squares = sums.reduce((sum, value) => sum + value * value, 0);
  const standardError =
    clusters < 2 ? Number.NaN : Math.sqrt((clusters / (clusters - 1)) * squares) / differences.length;
  const effectiveClusters = differences.length === 0 ? 0 : differences.length ** 2 / squaredSizes;
  return { mean: average, standardError, clusters, effectiveClusters, df: clusters - 1 };
}

/** For each source, the sum of its differences above `centre`. */
export function clusterSums(differences: readonly CaseDifference[], centre = 0): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { source, value } of differences) sums.set(source, (sums.get(source) ?? 0) + value - centre);
  return sums;
}

/** Two-sided interval of the mean at `level`, such as 0.95; unbounded where there is no standard error. */
export function tInterval({ mean: value, standardError, df }: ClusterT, level = 0.95): Interval {
  if (Number.isNaN(standardError)) return { value, low: -Infinity, high: Infinity };
  // Without any spread the bounds are the value itself, whatever the quantile.
  const half = standardError === 0 ? 0 : tQuantile(0.5 + level / 2, df) * standardError;
  return { value, low: value - half, high: value + half };
}

/** Two-sided p-value for a mean of zero; 1 where there is no standard error or nothing differs. */
export function tTest({ mean: value, standardError, df }: ClusterT): number {
  if (Number.isNaN(standardError) || value === 0) return 1;
  return standardError === 0 ? 0 : 2 * tCdf(-Math.abs(value / standardError), df);
}
