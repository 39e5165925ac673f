import fc from "fast-check";
import { expect, test } from "vitest";
import { mcnemar } from "./mcnemar.ts";
import { seededRandom } from "./random.ts";
import { signFlip } from "./sign-flip.ts";

/** Every assignment of signs, one by one. */
function bruteForce(values: readonly number[]): { pGreater: number; pLess: number; pTwoSided: number } {
  const total = 2 ** values.length;
  const observed = values.reduce((sum, value) => sum + value, 0);
  const counts = { pGreater: 0, pLess: 0, pTwoSided: 0 };
  for (let index = 0; index < total; index += 1) {
    const sum = values.reduce((all, value, place) => all + ((index >> place) & 1 ? -value : value), 0);
    if (sum >= observed - 1e-9) counts.pGreater += 1 / total;
    if (sum <= observed + 1e-9) counts.pLess += 1 / total;
    if (Math.abs(sum) >= Math.abs(observed) - 1e-9) counts.pTwoSided += 1 / total;
  }
  return counts;
}

const random = seededRandom("sign-flip");

test("counts differences of rates as brute force does, whatever the repeats", () => {
  const rates = fc.integer({ min: 1, max: 7 }).chain((repeats) =>
    fc.array(
      fc.integer({ min: -repeats, max: repeats }).map((count) => count / repeats),
      { minLength: 1, maxLength: 10 },
    ),
  );
  fc.assert(
    fc.property(rates, (values) => {
      const exact = bruteForce(values);
      const result = signFlip(values, random);
      expect(result.isExact).toBe(true);
      expect(result.pGreater).toBeCloseTo(exact.pGreater, 9);
      expect(result.pLess).toBeCloseTo(exact.pLess, 9);
      expect(result.pTwoSided).toBeCloseTo(exact.pTwoSided, 9);
    }),
    { numRuns: 300 },
  );
});

test("counts any differences as brute force does while they are few", () => {
  const anything = fc.array(
    fc.oneof(fc.double({ min: -3, max: -0.01, noNaN: true }), fc.double({ min: 0.01, max: 3, noNaN: true })),
    { minLength: 1, maxLength: 9 },
  );
  fc.assert(
    fc.property(anything, (values) => {
      const result = signFlip(values, random);
      const exact = bruteForce(values);
      expect(result.isExact).toBe(true);
      expect(result.pGreater).toBeCloseTo(exact.pGreater, 6);
      expect(result.pTwoSided).toBeCloseTo(exact.pTwoSided, 6);
    }),
    { numRuns: 200 },
  );
});

test("is McNemar's exact test where each case ran once", () => {
  for (const [gained, lost] of [
    [8, 1],
    [6, 0],
    [10, 3],
    [2, 2],
  ] as const) {
    const values = [...Array.from({ length: gained }, () => 1), ...Array.from({ length: lost }, () => -1), 0];
    expect(signFlip(values, random).pTwoSided).toBeCloseTo(mcnemar(gained, lost).p, 10);
  }
});

test("draws signs where there are too many to count, near the exact value", () => {
  const draw = seededRandom("many");
  const values = Array.from({ length: 60 }, () => draw() * 2 - 0.9);
  const result = signFlip(values, seededRandom(3));
  expect(result.isExact).toBe(false);
  const again = signFlip(values, seededRandom(4));
  expect(Math.abs(result.pGreater - again.pGreater)).toBeLessThan(0.02);
  expect(result).toEqual(signFlip(values, seededRandom(3)));
});

test("counts a thousand cases exactly", () => {
  const draw = seededRandom("thousand");
  const values = Array.from({ length: 1000 }, () => Math.round((draw() * 2 - 0.95) * 5) / 5);
  const result = signFlip(values, random);
  expect(result.isExact).toBe(true);
  expect(result.pGreater + result.pLess).toBeGreaterThan(1);
});

test("nothing that differs is no evidence", () => {
  expect(signFlip([], random)).toEqual({ pGreater: 1, pLess: 1, pTwoSided: 1, isExact: true });
  expect(signFlip([0, 0], random)).toEqual({ pGreater: 1, pLess: 1, pTwoSided: 1, isExact: true });
});
