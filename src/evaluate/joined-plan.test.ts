import { expect, it } from "vitest";
import { joinedPlan } from "./joined-plan.ts";
import type { Plan, PlannedCase, PlannedSkill } from "./plan.ts";

const digest = (letter: string): string => letter.repeat(64);

function planned(id: string, more: Partial<PlannedCase> = {}): PlannedCase {
  const base = { seen: false, must_pass: false, measurement: "capability" } as const;
  return { id, sha256: digest(id), source: id, ...base, ...more };
}

function skill(name: string, cases: PlannedCase[], more: Partial<PlannedSkill> = {}): PlannedSkill {
  return {
    name,
    path: `skills/${name}/SKILL.md`,
    given: { head: digest("a"), none: null },
    tokens: 10,
    cases,
    ...more,
  };
}

function plan(skills: PlannedSkill[], more: Partial<Plan> = {}): Plan {
  return {
    format: 1,
    harness: "2",
    seed: 1,
    repeats: 2,
    looks: 1,
    thresholds: { alpha: 0.05, margin: 0.1, minimum_effect: 0.05 },
    base: null,
    prices_of: null,
    reproduce: "overproof evaluate",
    judge: null,
    students: [],
    skills,
    ...more,
  };
}

const kernel = planned("k", { kernel: { dsl: "abi", problem: "square.py" } });
const trigger = planned("t", { measurement: "triggering", should_trigger: true });

it("puts the cases of a skill together as one plan of all of them has them", () => {
  const answers = plan([
    skill("one", [planned("b"), planned("c"), trigger], { offered: { head: digest("d") } }),
  ]);
  const kernels = plan([skill("one", [kernel])], { reproduce: "overproof evaluate --generate-only" });
  const expected = [
    { ...skill("one", [planned("b"), planned("c"), kernel, trigger]), offered: { head: digest("d") } },
  ];
  expect(joinedPlan(answers, kernels)?.skills).toEqual(expected);
  expect(joinedPlan(kernels, answers)?.skills).toEqual(expected);
});

it("puts skills together by their paths, and takes the base of the part that has one", () => {
  const one = plan([skill("two", [planned("b")])], { base: "c0ffee" });
  const other = plan([skill("one", [kernel])]);
  expect(joinedPlan(one, other)).toMatchObject({
    base: "c0ffee",
    skills: [{ name: "one" }, { name: "two" }],
  });
  expect(joinedPlan(other, one)).toMatchObject({
    base: "c0ffee",
    skills: [{ name: "one" }, { name: "two" }],
  });
});

it("is the plan itself for two equal ones", () => {
  const one = plan([skill("one", [planned("b"), kernel])]);
  expect(joinedPlan(one, structuredClone(one))).toEqual(one);
});

it("refuses plans of different evaluations", () => {
  const one = plan([skill("one", [planned("b")])], { base: "c0ffee" });
  expect(joinedPlan(one, { ...one, seed: 2 })).toBeUndefined();
  expect(joinedPlan(one, { ...one, base: "decaf" })).toBeUndefined();
  expect(joinedPlan(one, plan([skill("one", [kernel], { given: { head: digest("b") } })]))).toBeUndefined();
  expect(joinedPlan(one, plan([skill("one", [planned("b", { must_pass: true })])]))).toBeUndefined();
});
