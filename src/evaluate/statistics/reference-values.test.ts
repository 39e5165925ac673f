import { expect, test } from "vitest";
import { clusterT, tInterval, tTest } from "./cluster-t.ts";
import { mcnemar } from "./mcnemar.ts";
import { normalCdf, normalQuantile } from "./normal.ts";
import { casesNeeded } from "./power.ts";
import { seededRandom } from "./random.ts";
import { exactInterval, wilsonInterval } from "./rate-interval.ts";
import { signFlip } from "./sign-flip.ts";
import { tCdf, tQuantile } from "./student-t.ts";

/** Values of scipy 1.x, to the digits in which they were printed. */

test("the interval of 7 out of 10, by Wilson and by Clopper and Pearson", () => {
  const wilson = wilsonInterval(7, 10);
  expect(wilson.low).toBeCloseTo(0.39678, 5);
  expect(wilson.high).toBeCloseTo(0.89221, 5);
  const exact = exactInterval(7, 10);
  expect(exact.low).toBeCloseTo(0.34755, 5);
  expect(exact.high).toBeCloseTo(0.93326, 5);
});

test("rates that people misread: 3 of 3, 5 of 5, 8 of 10, 19 of 20, 57 of 60, in per cent", () => {
  const shown = (passed: number, total: number): number[] => {
    const { low, high } = wilsonInterval(passed, total);
    return [Math.round(low * 100), Math.round(high * 100)];
  };
  expect(shown(3, 3)).toEqual([44, 100]);
  expect(shown(5, 5)).toEqual([57, 100]);
  expect(shown(8, 10)).toEqual([49, 94]);
  expect(shown(19, 20)).toEqual([76, 99]);
  expect(shown(57, 60)).toEqual([86, 98]);
  expect(wilsonInterval(0, 0)).toMatchObject({ low: 0, high: 1 });
});

test("exact McNemar: 8 to 1, 6 to 0, 5 to 0, 10 to 3", () => {
  expect(mcnemar(8, 1).p).toBeCloseTo(0.0390625, 10);
  expect(mcnemar(6, 0).p).toBeCloseTo(0.03125, 10);
  expect(mcnemar(0, 5).p).toBeCloseTo(0.0625, 10);
  expect(mcnemar(10, 3).p).toBeCloseTo(0.0922852, 7);
  expect(mcnemar(10, 3).midP).toBeCloseTo(0.057373, 6);
  expect(mcnemar(0, 0)).toEqual({ p: 1, midP: 1 });
});

const differences = [1, 0.6, 0.4, 0, 0.2, -0.2, 0.8, 0.4, 0, 0.6];

test("ten differences: mean, standard error, t interval, p, and the exact sign-flip test", () => {
  const result = clusterT(differences.map((value, index) => ({ source: String(index), value })));
  expect(result.mean).toBeCloseTo(0.38, 12);
  expect(result.standardError).toBeCloseTo(0.1209224, 7);
  const { low, high } = tInterval(result);
  expect(low).toBeCloseTo(0.1064546, 7);
  expect(high).toBeCloseTo(0.6535454, 7);
  expect(tTest(result)).toBeCloseTo(0.0118799, 7);
  const flipped = signFlip(differences, seededRandom(1));
  expect(flipped.isExact).toBe(true);
  expect(flipped.pTwoSided).toBeCloseTo(24 / 1024, 12);
});

test("the normal distribution", () => {
  expect(normalCdf(0)).toBe(0.5);
  expect(normalCdf(1.96)).toBeCloseTo(0.9750021048517795, 14);
  expect(normalCdf(-8)).toBeCloseTo(6.220960574271785e-16, 25);
  expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 13);
  expect(normalQuantile(1e-6)).toBeCloseTo(-4.753424308822899, 10);
  expect(normalQuantile(0)).toBe(-Infinity);
  expect(normalQuantile(2)).toBeNaN();
});

test("Student's distribution", () => {
  expect(tQuantile(0.975, 9)).toBeCloseTo(2.2621571627982, 10);
  expect(tQuantile(0.975, 1)).toBeCloseTo(12.706204736432095, 8);
  expect(tQuantile(0.95, 4)).toBeCloseTo(2.1318467863266, 10);
  expect(tQuantile(0.025, 9)).toBeCloseTo(-2.2621571627982, 10);
  expect(tCdf(2.2621571627982, 9)).toBeCloseTo(0.975, 11);
  expect(tQuantile(0.9, 0)).toBe(Infinity);
});

test("cases needed by the closed form", () => {
  const variances = { between: 0.04, within: 1 / 6 };
  expect([1, 3, 5, 10].map((repeats) => casesNeeded(0.2, repeats, { variances }))).toEqual([74, 30, 21, 15]);
  expect([1, 3, 5, 10].map((repeats) => casesNeeded(0.1, repeats, { variances }))).toEqual([
    294, 119, 84, 58,
  ]);
  expect(casesNeeded(0.03, 1, { variances: { between: 1 / 9, within: 0 } })).toBe(969);
});
