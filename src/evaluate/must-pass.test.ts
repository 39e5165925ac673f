import { expect, test } from "vitest";
import { isProven, mustPassFigures } from "./must-pass.ts";
import { type Random, seededRandom } from "./statistics/random.ts";
import type { PairedCase, Passes } from "./verdict.ts";

const alpha = 0.05;

function mustPass(id: number, subject: Passes, reference: Passes): PairedCase {
  return { id: `${id}`, source: `${id}`, subject, reference, mustPass: true };
}

/** Cases in which each arm passed so often. */
function cases(
  runs: number,
  passes: readonly (readonly [subject: number, reference: number])[],
): PairedCase[] {
  return passes.map(([subject, reference], id) =>
    mustPass(id, { passed: subject, runs }, { passed: reference, runs }),
  );
}

function provenIn(given: readonly PairedCase[]): string[] {
  return mustPassFigures(given)
    .losses.filter((loss) => isProven(loss, alpha))
    .map(({ id }) => id);
}

test("a case that always passed and always fails is lost from three runs on, however many others are steady", () => {
  const steady = Array.from({ length: 50 }, () => [1, 1] as const);
  const lostAt = (runs: number): string[] =>
    provenIn(cases(runs, [[0, runs], ...steady.map(([a, b]) => [a * runs, b * runs] as const)]));
  expect([1, 2, 3, 4, 5].map((runs) => lostAt(runs).length)).toEqual([0, 0, 1, 1, 1]);
});

test("several of them are lost together", () => {
  expect(
    provenIn(
      cases(3, [
        [0, 3],
        [0, 3],
        [3, 3],
      ]),
    ),
  ).toEqual(["0", "1"]);
});

test("what varies by itself makes a loss less sure, and no loss is what still passes in most runs", () => {
  expect(
    provenIn(
      cases(3, [
        [0, 3],
        [2, 3],
      ]),
    ),
  ).toEqual([]);
  expect(
    provenIn(
      cases(5, [
        [0, 5],
        [2, 3],
        [4, 5],
        [3, 3],
      ]),
    ),
  ).toEqual(["0"]);
  expect(mustPassFigures(cases(100, [[60, 100]])).losses).toEqual([]);
  expect(
    mustPassFigures(
      cases(4, [
        [2, 4],
        [1, 2],
      ]),
    ).losses,
  ).toEqual([]);
});

test("only cases that must pass count", () => {
  const given = cases(5, [
    [0, 5],
    [2, 3],
  ]).map((one) => ({ ...one, mustPass: false }));
  expect(mustPassFigures(given)).toEqual({ losses: [], varying: 0 });
});

/** How often at least one case of a suite is called lost, and how often one looks lost. */
function simulate(
  suites: number,
  size: { cases: number; repeats: number },
  rate: (draw: Random, index: number) => { subject: number; reference: number },
): { lost: number; suspected: number } {
  const draw = seededRandom(`must-pass ${size.cases} ${size.repeats}`);
  const passes = (chance: number): Passes => ({
    passed: Array.from({ length: size.repeats }, () => draw() < chance).filter(Boolean).length,
    runs: size.repeats,
  });
  const found = { lost: 0, suspected: 0 };
  for (let round = 0; round < suites; round += 1) {
    const given = Array.from({ length: size.cases }, (_, index) => {
      const { subject, reference } = rate(draw, index);
      return mustPass(index, passes(subject), passes(reference));
    });
    const { losses } = mustPassFigures(given);
    if (losses.length > 0) found.suspected += 1 / suites;
    if (losses.some((loss) => isProven(loss, alpha))) found.lost += 1 / suites;
  }
  return found;
}

const same = (rate: number): { subject: number; reference: number } => ({ subject: rate, reference: rate });

test.each([
  { cases: 1, repeats: 3 },
  { cases: 10, repeats: 1 },
  { cases: 10, repeats: 3 },
  { cases: 10, repeats: 5 },
])(
  "without an effect a must-pass case is called lost in at most 2.5 % of suites: $cases cases, $repeats repeats",
  (size) => {
    const rates = [
      simulate(2000, size, () => same(0.9)),
      simulate(2000, size, () => same(0.5)),
      simulate(2000, size, (draw) => same(draw())),
      // The worst mixture: one that is a coin, and others that never fail.
      simulate(2000, size, (_, index) => same(index === 0 ? 0.5 : 1)),
    ];
    for (const { lost } of rates) expect(lost).toBeLessThanOrEqual(0.025);
  },
);

test("the plain majority that it replaces would raise a false alarm in a quarter of such suites", () => {
  const { suspected } = simulate(2000, { cases: 10, repeats: 3 }, () => same(0.9));
  expect(suspected).toBeGreaterThan(0.2);
});

test("a case that is lost for good is found, with steady cases beside it and with ones that fail at times", () => {
  const lostBeside = (rate: number, repeats: number): number =>
    simulate(300, { cases: 10, repeats }, (_, index) =>
      index === 0 ? { subject: 0, reference: 1 } : same(rate),
    ).lost;
  expect(lostBeside(1, 3)).toBeCloseTo(1, 9);
  expect(lostBeside(0.95, 5)).toBeCloseTo(1, 9);
});
