import { betaQuantile } from "./beta.ts";
import type { Interval } from "./interval.ts";
import { normalQuantile } from "./normal.ts";

/**
 * Wilson's score interval of a rate (Wilson 1927): `passed` of `total`, at a two-sided `level` such as 0.95. Without any
 * trial everything from 0 to 1 is possible, and the value is NaN.
 */
export function wilsonInterval(passed: number, total: number, level = 0.95): Interval {
  if (total === 0) return { value: Number.NaN, low: 0, high: 1 };
  const z = normalQuantile(0.5 + level / 2);
  const rate = passed / total;
  const scale = 1 + (z * z) / total;
  const centre = (rate + (z * z) / (2 * total)) / scale;
  const half = (z / scale) * Math.sqrt((rate * (1 - rate)) / total + (z * z) / (4 * total * total));
  return {
    value: rate,
    low: passed === 0 ? 0 : Math.max(0, centre - half),
    high: passed === total ? 1 : Math.min(1, centre + half),
  };
}

/** The exact interval of Clopper and Pearson (1934): never too narrow. */
export function exactInterval(passed: number, total: number, level = 0.95): Interval {
  if (total === 0) return { value: Number.NaN, low: 0, high: 1 };
  const tail = (1 - level) / 2;
  return {
    value: passed / total,
    low: passed === 0 ? 0 : betaQuantile(tail, passed, total - passed + 1),
    high: passed === total ? 1 : betaQuantile(1 - tail, passed + 1, total - passed),
  };
}
