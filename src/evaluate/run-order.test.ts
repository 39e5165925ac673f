import fc from "fast-check";
import { expect, it } from "vitest";
import { madePlan } from "../../test/made-evaluation.ts";
import { plannedTrials } from "./plan.ts";
import { runOrder } from "./run-order.ts";

const plan = madePlan({ cases: 12, repeats: 3, students: ["openai:small", "openai:large"] });
const trials = plannedTrials(plan);

it("holds every key once, the arms of a case beside each other, and all cases once a round", () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const order = runOrder(trials, seed);
      expect(order.map(({ key }) => key).sort()).toEqual([...new Set(trials.map(({ key }) => key))].sort());
      for (let at = 0; at < order.length; at += 3) {
        const block = order.slice(at, at + 3);
        const names = block.map(({ case: { id }, student, identity }) => [id, student.spec, identity.repeat]);
        expect(names).toEqual([names[0], names[0], names[0]]);
        expect(block.map(({ arm }) => arm).sort()).toEqual(["base", "head", "none"]);
      }
      const repeats = order.map(({ identity }) => identity.repeat);
      expect(repeats).toEqual([...repeats].sort((a, b) => a - b));
    }),
    { numRuns: 30 },
  );
});

it("is random in cases and arms, and the same for the same seed", () => {
  const names = (seed: number): string[] => runOrder(trials, seed).map(({ key }) => key);
  expect(names(1)).toEqual(names(1));
  expect(names(1)).not.toEqual(names(2));
  const firstArms = new Set(runOrder(trials, 1).flatMap(({ arm }, at) => (at % 3 === 0 ? [arm] : [])));
  expect(firstArms.size).toBe(3);
});

it("runs what two arms share once", () => {
  const shared = madePlan({ arms: ["none", "head"], cases: 2, repeats: 1 });
  const [skill] = shared.skills;
  if (skill) skill.given.base = skill.given.head ?? null;
  expect(plannedTrials(shared)).toHaveLength(6);
  expect(runOrder(plannedTrials(shared), 1)).toHaveLength(4);
});
