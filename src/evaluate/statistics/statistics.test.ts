import fc from "fast-check";
import { expect, test } from "vitest";
import { alphaOfLook } from "./alpha-spending.ts";
import { betaQuantile, incompleteBeta } from "./beta.ts";
import { caseBootstrap, median, quantile } from "./bootstrap.ts";
import { clusterT, tInterval, tTest } from "./cluster-t.ts";
import { holm } from "./holm.ts";
import { geometricMean, geometricRatio } from "./log-ratio.ts";
import { mean, normalCdf, normalQuantile } from "./normal.ts";
import { detectableEffect } from "./power.ts";
import { seededRandom, shuffled } from "./random.ts";
import { exactInterval, wilsonInterval } from "./rate-interval.ts";

test("the same seed gives the same numbers, another seed others, all between 0 and 1", () => {
  const first = seededRandom(7);
  const numbers = Array.from({ length: 20_000 }, first);
  expect(numbers).toEqual(Array.from({ length: 20_000 }, seededRandom(7)).map((_, i) => numbers[i]));
  expect(seededRandom(8)()).not.toBe(numbers[0]);
  expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...numbers)).toBeLessThan(1);
  expect(mean(numbers)).toBeCloseTo(0.5, 2);
  const eighths = Array.from({ length: 8 }, (_, i) => numbers.filter((x) => Math.floor(x * 8) === i).length);
  for (const count of eighths) expect(Math.abs(count - 2500)).toBeLessThan(200);
});

test("a shuffle keeps all values and moves them", () => {
  const values = Array.from({ length: 100 }, (_, index) => index);
  const mixed = shuffled(values, seededRandom(1));
  expect([...mixed].sort((a, b) => a - b)).toEqual(values);
  expect(mixed).not.toEqual(values);
  expect(mixed).toEqual(shuffled(values, seededRandom(1)));
});

test("quantiles invert their distributions", () => {
  fc.assert(
    fc.property(
      fc.double({ min: 1e-6, max: 1 - 1e-6, noNaN: true }),
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 1, max: 60 }),
      (p, a, b) => {
        expect(normalCdf(normalQuantile(p))).toBeCloseTo(p, 10);
        expect(incompleteBeta(betaQuantile(p, a, b), a, b)).toBeCloseTo(p, 9);
      },
    ),
  );
});

test("an interval of a rate holds the rate, lies in 0 to 1, and narrows with more trials", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), fc.nat(300), (total, part) => {
      const passed = Math.min(part, total);
      for (const interval of [wilsonInterval(passed, total), exactInterval(passed, total)]) {
        expect(interval.low).toBeGreaterThanOrEqual(0);
        expect(interval.high).toBeLessThanOrEqual(1);
        expect(interval.low).toBeLessThanOrEqual(interval.value);
        expect(interval.high).toBeGreaterThanOrEqual(interval.value);
      }
      const wide = wilsonInterval(passed, total);
      const narrow = wilsonInterval(passed * 4, total * 4);
      expect(narrow.high - narrow.low).toBeLessThan(wide.high - wide.low);
    }),
  );
});

test("cases of one source widen the interval when they go together", () => {
  const values = [0.5, 0.5, 0.5, 0.4, -0.1, -0.1, -0.1, -0.2, 0.3, 0.3, 0.3, 0.3];
  const alone = clusterT(values.map((value, index) => ({ source: `${index}`, value })));
  const grouped = clusterT(values.map((value, index) => ({ source: `${Math.floor(index / 4)}`, value })));
  expect(grouped.mean).toBeCloseTo(alone.mean, 12);
  expect(grouped.df).toBe(2);
  expect(grouped.standardError).toBeGreaterThan(alone.standardError * 1.5);
});

test("without spread or with one source there is no false certainty", () => {
  const one = clusterT([{ source: "a", value: 0.5 }]);
  expect(tInterval(one)).toEqual({ value: 0.5, low: -Infinity, high: Infinity });
  expect(tTest(one)).toBe(1);
  const same = clusterT([
    { source: "a", value: 0.5 },
    { source: "b", value: 0.5 },
  ]);
  expect(tInterval(same)).toEqual({ value: 0.5, low: 0.5, high: 0.5 });
});

test("a bootstrap draws whole cases and is seeded", () => {
  const cases = [0, 0, 0.2, 0.4, 0.6, 0.8, 1, 1, 0.2, 0.4];
  const draw = (seed: number) => caseBootstrap(cases, mean, { random: seededRandom(seed) });
  expect(draw(1)).toEqual(draw(1));
  const { value, low, high } = draw(1);
  expect(value).toBeCloseTo(0.46, 12);
  expect(low).toBeGreaterThan(0.15);
  expect(low).toBeLessThan(value);
  expect(high).toBeGreaterThan(value);
});

test("quantiles between neighbours", () => {
  expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5);
  expect(median([3, 1, 2])).toBe(2);
  expect(median([])).toBeNaN();
  expect(quantile([-Infinity, -Infinity, 1], 0.1)).toBe(-Infinity);
});

test("a ratio does not depend on which arm is called what", () => {
  const pairs = [
    { source: "a", with: 10, without: 20 },
    { source: "b", with: 30, without: 40 },
    { source: "c", with: 5, without: 9 },
  ];
  const ratio = geometricRatio(pairs);
  const turned = geometricRatio(
    pairs.map((pair) => ({ source: pair.source, with: pair.without, without: pair.with })),
  );
  expect(ratio.value).toBeCloseTo(((10 / 20) * (30 / 40) * (5 / 9)) ** (1 / 3), 12);
  expect(turned.value).toBeCloseTo(1 / ratio.value, 12);
  expect(turned.low).toBeCloseTo(1 / ratio.high, 12);
  expect(geometricRatio([{ source: "a", with: 0, without: 1 }]).pairs).toBe(0);
  expect(geometricMean([1, 4])).toBeCloseTo(2, 12);
});

test("Holm's adjustment, by hand and in any order", () => {
  expect(holm([0.01, 0.04, 0.03])).toEqual([0.03, 0.06, 0.06]);
  expect(holm([0.04, 0.01, 0.03])).toEqual([0.06, 0.03, 0.06]);
  expect(holm([])).toEqual([]);
  expect(holm([0.9, 0.9])).toEqual([1, 1]);
});

test("looks spend alpha late, and never more than alpha", () => {
  const levels = [1, 2, 3].map((look) => alphaOfLook(look, 3));
  expect(levels[0]).toBeLessThan(0.001);
  expect(levels[2]).toBeGreaterThan(0.03);
  expect(levels.reduce((sum, level) => sum + level, 0)).toBeCloseTo(0.05, 10);
  expect(alphaOfLook(1, 1)).toBe(0.05);
});

test("more cases and more repeats detect less; one case detects nothing", () => {
  expect(detectableEffect(1, 5)).toBe(Infinity);
  expect(detectableEffect(20, 5)).toBeLessThan(detectableEffect(10, 5));
  expect(detectableEffect(20, 5)).toBeLessThan(detectableEffect(20, 1));
});
