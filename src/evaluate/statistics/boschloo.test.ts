import fc from "fast-check";
import { expect, test } from "vitest";
import "../../../test/property-seed.ts";
import { boschloo } from "./boschloo.ts";
import { logGamma } from "./beta.ts";

test("values of calculations by hand and of the reference implementation come out", () => {
  const p = (passed: number, reference: number, runs: number): number =>
    boschloo({ passed, runs }, { passed: reference, runs });
  // Only the most extreme table: the rate 1/2 makes it the most likely.
  expect(p(0, 3, 3)).toBeCloseTo(4 ** -3, 12);
  expect(p(0, 5, 5)).toBeCloseTo(4 ** -5, 12);
  // With 1 of 5 against 5 of 5 stand 0 against 5 and 0 against 4.
  expect(p(1, 5, 5)).toBeCloseTo(11 / 4 ** 5, 12);
  expect(p(5, 5, 5)).toBeCloseTo(1, 9);
  // The example of scipy.stats.boschloo_exact: 31 of 63 against 74 of 117.
  expect(boschloo({ passed: 31, runs: 63 }, { passed: 74, runs: 117 })).toBeCloseTo(0.03556, 4);
});

const runs = fc.integer({ min: 1, max: 8 });
const pair = fc.tuple(runs, runs).chain(([a, b]) =>
  fc.record({
    first: fc.record({ passed: fc.integer({ min: 0, max: a }), runs: fc.constant(a) }),
    second: fc.record({ passed: fc.integer({ min: 0, max: b }), runs: fc.constant(b) }),
  }),
);

test("it is never above Fisher's p-value, and its error holds at any common rate", () => {
  fc.assert(
    fc.property(pair, fc.double({ min: 0.01, max: 0.99, noNaN: true }), ({ first, second }, rate) => {
      const p = boschloo(first, second);
      expect(p).toBeLessThanOrEqual(fisher(first, second) + 1e-12);
      let atMost = 0;
      for (let i = 0; i <= first.runs; i += 1)
        for (let j = 0; j <= second.runs; j += 1) {
          const other = boschloo({ ...first, passed: i }, { ...second, passed: j });
          if (other <= p + 1e-12) atMost += chance(i, first.runs, rate) * chance(j, second.runs, rate);
        }
      // Between the steps of the grid the worst rate may lie a little higher.
      expect(atMost).toBeLessThanOrEqual(p * 1.001 + 1e-9);
    }),
    { numRuns: 40 },
  );
});

function choose(n: number, k: number): number {
  return Math.exp(logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1));
}

function chance(passed: number, of: number, rate: number): number {
  return choose(of, passed) * rate ** passed * (1 - rate) ** (of - passed);
}

/** By adding up the hypergeometric distribution. */
function fisher(first: { passed: number; runs: number }, second: { passed: number; runs: number }): number {
  const total = first.passed + second.passed;
  let p = 0;
  for (let i = Math.max(0, total - second.runs); i <= first.passed; i += 1)
    p += (choose(first.runs, i) * choose(second.runs, total - i)) / choose(first.runs + second.runs, total);
  return p;
}
