import { expect, test } from "vitest";
import { madePlan, trialsFrom } from "../../test/made-evaluation.ts";
import { measuredCases, type TrialLookup } from "./measured-case.ts";
import { type NoiseFloor, noiseOf } from "./noise-floor.ts";
import { type Plan, plannedTrials } from "./plan.ts";

function noiseFloor(plan: Plan, trials: TrialLookup): (NoiseFloor | undefined)[] {
  return measuredCases(plan, plannedTrials(plan), trials).map((measured) => noiseOf(measured, plan));
}

test("the noise of one arm is what its two halves differ by", () => {
  const plan = madePlan({ arms: ["none", "head"] });
  const none = { "case-1": "10", "case-2": "01", "case-3": "11", "case-4": "00" };
  const [floor] = noiseFloor(plan, trialsFrom(plan, { none, head: "11" }));
  // Halves differ by 1, -1, 0, 0: standard error sqrt(4/3 * 2) / 4, times t(3) = 3.182446, times sqrt(1/2).
  expect(floor).toMatchObject({ arm: "none", cases: 4, flipRate: 0.5, difference: 0, refusesMargin: true });
  expect(floor?.spread).toBeCloseTo(0.9187, 4);
});

test("an arm that never differs from itself allows any margin", () => {
  const plan = madePlan({ arms: ["head"], repeats: 4 });
  expect(noiseFloor(plan, trialsFrom(plan, { head: "1111" }))).toMatchObject([
    { arm: "head", flipRate: 0, spread: 0, refusesMargin: false },
  ]);
});

test("single runs say nothing about noise", () => {
  const plan = madePlan({ repeats: 1 });
  expect(noiseFloor(plan, trialsFrom(plan, { none: "1" }))).toMatchObject([
    { cases: 0, flipRate: null, difference: null, spread: null, refusesMargin: false },
  ]);
});

test("the share of runs that differ counts pairs of runs", () => {
  const plan = madePlan({ arms: ["head"], cases: 1, repeats: 4 });
  // Of the six pairs of 1, 1, 0, 1 three differ; with one source there is no spread.
  expect(noiseFloor(plan, trialsFrom(plan, { head: "1101" }))).toMatchObject([
    { flipRate: 0.5, spread: null },
  ]);
});
