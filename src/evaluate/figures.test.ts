import fc from "fast-check";
import { expect, test } from "vitest";
import "../../test/property-seed.ts";
import { madePlan, madeTrials, trialsFrom } from "../../test/made-evaluation.ts";
import { sha256 } from "../digest.ts";
import { evaluationFigures, type StudentFigures } from "./figures.ts";
import type { Plan } from "./plan.ts";
import { triggerChecks } from "./trigger-figures.ts";
import type { Arm, Trial } from "./trial.ts";

function only(plan: Plan, trials: ReadonlyMap<string, Trial>): StudentFigures {
  const [skill] = evaluationFigures(plan, trials).skills;
  const [student] = skill?.students ?? [];
  if (!student) throw new Error("the plan has no skill or no student");
  return student;
}

/** Rates 0, 1/2, 1, 0 under none; 1/2, 1/2, 1, 0 under base; 1, 1, 1, 1/2 under head. */
const small = {
  none: { "case-1": "00", "case-2": "01", "case-3": "11", "case-4": "00" },
  base: { "case-1": "10", "case-2": "01", "case-3": "11", "case-4": "00" },
  head: { "case-1": "11", "case-2": "11", "case-3": "11", "case-4": "01" },
};

test("rates, differences and intervals are those that a calculation by hand gives", () => {
  const plan = madePlan();
  const figures = only(plan, trialsFrom(plan, small));
  const rates = [...figures.arms].map(([arm, { rate }]) => [arm, rate?.value]);
  expect(rates).toEqual([
    ["none", 0.375],
    ["base", 0.5],
    ["head", 0.875],
  ]);
  // Wilson for 1.5 of 4: centre (0.375 + z^2 / 8) / (1 + z^2 / 4), z = 1.959964.
  expect(figures.arms.get("none")?.rate?.low).toBeCloseTo(0.0919, 4);
  expect(figures.arms.get("none")?.rate?.high).toBeCloseTo(0.7806, 4);
  // Differences 1/2, 1/2, 0, 1/2; of the runs alone the standard error is sqrt(0.84375) / 4, and t(3) is 3.182446.
  const { decision, pairs, reference } = figures.comparison ?? {};
  expect(reference).toBe("base");
  expect(pairs).toBe(8);
  expect(decision?.difference.value).toBeCloseTo(0.375, 12);
  expect(decision?.difference.low).toBeCloseTo(0.375 - 0.7308, 4);
  expect(decision?.difference.high).toBeCloseTo(0.375 + 0.7308, 4);
  // Three equal differences: two of the eight assignments of signs are as extreme.
  expect(decision?.p).toBe(0.25);
  expect(figures.againstNone?.decision.difference.value).toBe(0.5);
  expect(figures.verdict).toBe("cannot tell");
  expect(figures.cases.map(({ planned, difference }) => [planned.id, difference])).toEqual([
    ["case-3", 0],
    ["case-4", 0.5],
    ["case-1", 0.5],
    ["case-2", 0.5],
  ]);
});

test("repeats of the same cases never narrow the interval of a rate", () => {
  const few = madePlan({ cases: 4, repeats: 2 });
  const many = madePlan({ cases: 4, repeats: 20 });
  const alternating = (plan: Plan): StudentFigures =>
    only(
      plan,
      madeTrials(plan, ({ identity }) => ({ outcome: identity.repeat % 2 ? "failed" : "passed" })),
    );
  expect(alternating(many).arms.get("head")?.rate).toEqual(alternating(few).arms.get("head")?.rate);
});

test("tokens, cost and time are those of the runs that count", () => {
  const plan = madePlan({ arms: ["none", "head"] });
  const trials = madeTrials(plan, ({ arm, identity }) =>
    arm === "none"
      ? { outcome: identity.repeat === 0 ? "passed" : "failed" }
      : {
          tokens: { input: 200, cached_input: 10, output: 40 },
          cost_usd: 0.003,
          latency_ms: 500,
        },
  );
  const figures = evaluationFigures(plan, trials);
  const [student] = figures.skills[0]?.students ?? [];
  // None solves 4 of 8 runs at 0.001 each, head 8 of 8 at 0.003.
  expect(student?.arms.get("none")?.costPerSolved).toBeCloseTo(0.002, 12);
  expect(student?.arms.get("head")?.costPerSolved).toBeCloseTo(0.003, 12);
  expect(student?.arms.get("head")?.tokensPerRun).toBe(240);
  expect(student?.comparison?.tokens?.value).toBeCloseTo(2, 12);
  expect(student?.comparison?.latency?.value).toBeCloseTo(0.5, 12);
  expect(figures.totals).toEqual({
    finished: 16,
    excluded: 0,
    judgeCalls: 0,
    missing: 0,
    calls: 16,
    cost: expect.closeTo(0.032, 9),
  });
});

test("an excluded trial takes the other arm's run of that repeat with it", () => {
  const plan = madePlan({ arms: ["none", "head"], cases: 10, repeats: 2 });
  const trials = trialsFrom(plan, {
    none: Object.fromEntries(plan.skills[0]?.cases.map(({ id }, i) => [id, i === 0 ? "1x" : "11"]) ?? []),
    head: Object.fromEntries(plan.skills[0]?.cases.map(({ id }, i) => [id, i === 0 ? "10" : "11"]) ?? []),
  });
  const figures = only(plan, trials);
  expect(figures.comparison?.decision.difference.value).toBe(0);
  expect(figures.comparison?.pairs).toBe(19);
  expect(figures.arms.get("head")?.runs).toBe(19);
  expect(figures.exclusion).toEqual({
    excluded: 1,
    attempted: 40,
    rate: 0.025,
    refused: 0,
    worst: { arm: "none", rate: 0.05 },
    unevenP: 1,
    unmeasured: [],
  });
});

test("above ten percent of excluded trials in one arm nothing is concluded, at ten percent something is", () => {
  const plan = madePlan({ arms: ["none", "head"], cases: 10, repeats: 1 });
  const ids = plan.skills[0]?.cases.map(({ id }) => id) ?? [];
  const withExcluded = (count: number): StudentFigures =>
    only(
      plan,
      trialsFrom(plan, {
        none: Object.fromEntries(ids.map((id, i) => [id, i < count ? "x" : "0"])),
        head: Object.fromEntries(ids.map((id) => [id, "1"])),
      }),
    );
  // Nine pairs that all gain: p = 2 / 2^9.
  expect(withExcluded(1)).toMatchObject({ verdict: "better", ground: "decided" });
  expect(withExcluded(2)).toMatchObject({
    verdict: "cannot tell",
    ground: "too many excluded",
    needed: null,
  });
});

test("a run whose arms were asked different things is void", () => {
  const plan = madePlan({ arms: ["none", "head"], cases: 10, repeats: 1 });
  const outcomes = (arm: Arm): Partial<Trial> => ({ outcome: arm === "head" ? "passed" : "failed" });
  expect(
    only(
      plan,
      madeTrials(plan, ({ arm }) => outcomes(arm)),
    ).verdict,
  ).toBe("better");
  const trials = madeTrials(plan, ({ arm, case: { id } }) => ({
    ...outcomes(arm),
    ...(arm === "none" && id === "case-7" ? { frame_sha256: sha256("without the input file") } : {}),
  }));
  expect(only(plan, trials)).toMatchObject({ verdict: "cannot tell", ground: "requests differ" });
});

test("cases that the skill was distilled from are shown and do not count", () => {
  const ids = Array.from({ length: 10 }, (_, index) => `c${index}`);
  const unseen = madePlan({ arms: ["none", "head"], repeats: 1, cases: ids.map((id) => ({ id })) });
  const both = madePlan({
    arms: ["none", "head"],
    repeats: 1,
    cases: [...ids.map((id) => ({ id })), { id: "known", seen: true, mustPass: true }],
  });
  const known = { none: { known: "1" }, head: { known: "0" } };
  const outcome = (arm: "none" | "head", id: string): string =>
    (known[arm] as Record<string, string>)[id] ?? (arm === "head" ? "1" : "0");
  const of = (plan: Plan): StudentFigures =>
    only(
      plan,
      trialsFrom(plan, {
        none: Object.fromEntries([...ids, "known"].map((id) => [id, outcome("none", id)])),
        head: Object.fromEntries([...ids, "known"].map((id) => [id, outcome("head", id)])),
      }),
    );
  expect(of(both).comparison).toEqual(of(unseen).comparison);
  expect(of(both).verdict).toBe("better");
  expect(of(both).seen.difference).toBe(-1);
  expect(of(both).seen.cases.map(({ planned }) => planned.id)).toEqual(["known"]);
});

test("with several skills a gain has to survive Holm's method", () => {
  const outcomes = { none: "0", head: "1" };
  const alone = madePlan({ arms: ["none", "head"], cases: 6, repeats: 1 });
  // Six single runs that all gain: p = 2 / 2^6.
  expect(only(alone, trialsFrom(alone, outcomes))).toMatchObject({ verdict: "better", adjustedP: 0.03125 });
  const two = madePlan({ arms: ["none", "head"], cases: 6, repeats: 1, skills: ["wide-rows", "idle"] });
  const trials = madeTrials(two, ({ skill, arm }) => ({
    outcome: skill === "wide-rows" && arm === "head" ? "passed" : "failed",
  }));
  const figures = evaluationFigures(two, trials).skills.map(({ students: [first] }) => first);
  expect(figures[0]).toMatchObject({ verdict: "cannot tell", ground: "several skills", adjustedP: 0.0625 });
  expect(figures[0]?.needed).toBeGreaterThan(0);
  expect(figures[1]).toMatchObject({ verdict: "cannot tell", ground: "decided", adjustedP: 1 });
});

test("a must-pass case that is lost makes it worse, whatever other skills show", () => {
  const cases = [{ id: "must", mustPass: true }, { id: "b" }, { id: "c" }];
  const plan = madePlan({ arms: ["base", "head"], cases, skills: ["wide-rows", "idle"], repeats: 3 });
  const trials = madeTrials(plan, ({ skill, arm, case: { id } }) => ({
    outcome: skill === "wide-rows" && arm === "head" && id === "must" ? "failed" : "passed",
  }));
  const [figures] = evaluationFigures(plan, trials).skills[0]?.students ?? [];
  expect(figures).toMatchObject({ verdict: "worse", ground: "decided", lost: ["must"] });
});

test("must-pass cases that vary in one skill make the loss of another one less sure", () => {
  const cases = [{ id: "must", mustPass: true }, { id: "b" }, { id: "c" }];
  const plan = madePlan({ arms: ["base", "head"], cases, skills: ["wide-rows", "shaky"], repeats: 3 });
  const trials = madeTrials(plan, ({ skill, arm, case: { id }, identity: { repeat } }) => {
    const isLost = skill === "wide-rows" && arm === "head" && id === "must";
    return { outcome: isLost || (skill === "shaky" && repeat === 0) ? "failed" : "passed" };
  });
  const [figures] = evaluationFigures(plan, trials).skills[0]?.students ?? [];
  // 4^-3 is below 0.025, and twice as much, with another case that varies, is not.
  expect(figures).toMatchObject({ verdict: "cannot tell", ground: "must-pass case unsure", lost: [] });
  expect(figures?.needed).toBeGreaterThan(0);
});

test("neither the order of arms nor the names of skills change a sign", () => {
  const plan = madePlan();
  const [skill] = plan.skills;
  if (!skill) throw new Error("no skill");
  const reversed = {
    ...plan,
    skills: [{ ...skill, given: Object.fromEntries(Object.entries(skill.given).reverse()) }],
  };
  const expected = only(plan, trialsFrom(plan, small)).comparison?.decision;
  expect(only(reversed, trialsFrom(reversed, small)).comparison?.decision).toEqual(expected);
  for (const name of ["a-with-skill", "old-skill", "zz"]) {
    const renamed = madePlan({ skills: [name] });
    expect(only(renamed, trialsFrom(renamed, small)).comparison?.decision).toEqual(expected);
  }
});

test("a base that gives the same as head, or nothing, is no reference: none is", () => {
  const plan = madePlan();
  const [skill] = plan.skills;
  if (!skill) throw new Error("no skill");
  const given = (base: string | null): Plan => ({
    ...plan,
    skills: [{ ...skill, given: { ...skill.given, base } }],
  });
  for (const base of [skill.given.head ?? null, null]) {
    const same = given(base);
    expect(only(same, trialsFrom(same, { none: small.none, head: small.head })).comparison).toMatchObject({
      reference: "none",
      decision: { difference: { value: 0.5 } },
    });
  }
});

test("single runs show McNemar's exact test", () => {
  const plan = madePlan({ arms: ["none", "head"], cases: 9, repeats: 1 });
  const ids = plan.skills[0]?.cases.map(({ id }) => id) ?? [];
  const figures = only(
    plan,
    trialsFrom(plan, {
      none: Object.fromEntries(ids.map((id, i) => [id, i === 0 ? "1" : "0"])),
      head: Object.fromEntries(ids.map((id, i) => [id, i === 0 ? "0" : "1"])),
    }),
  );
  expect(figures.comparison?.mcnemar).toMatchObject({ gained: 8, lost: 1, p: expect.closeTo(0.0390625, 9) });
  const repeated = madePlan();
  expect(only(repeated, trialsFrom(repeated, small)).comparison?.mcnemar).toBeNull();
});

test("what a provider does not charge for openly stays unknown and is never nothing", () => {
  const plan = madePlan({ arms: ["none", "head"] });
  const trials = madeTrials(plan, ({ arm, case: { id } }) =>
    arm === "head" && id === "case-2"
      ? { cost_usd: null, tokens: { input: null, cached_input: null, output: 3 } }
      : {},
  );
  const figures = evaluationFigures(plan, trials);
  const [student] = figures.skills[0]?.students ?? [];
  expect(student?.arms.get("head")).toMatchObject({ cost: null, costPerSolved: null, tokensPerRun: null });
  expect(student?.arms.get("none")?.costPerSolved).toBeCloseTo(0.001, 12);
  expect(figures.totals.cost).toBeNull();
  expect(student?.economics.rows.map(({ way, usdPerThousand }) => [way, usdPerThousand])).toEqual([
    ["teacher", null],
    ["student", expect.closeTo(1, 9)],
    ["student with skill", null],
    ["hybrid", null],
  ]);
});

test("the economics are those of the same cases in every way", () => {
  const plan = madePlan({ arms: ["none", "head"], cases: 2, students: ["openai:small", "openai:large"] });
  const trials = madeTrials(plan, ({ student, arm, case: { id }, identity }) => {
    if (student.spec === "openai:large")
      return { cost_usd: 0.01, outcome: id === "case-1" ? "passed" : "failed" };
    return { outcome: arm === "head" && identity.repeat === 0 ? "passed" : "failed" };
  });
  const [skill] = evaluationFigures(plan, trials, { teacher: "openai:large" }).skills;
  // With the skill each case passes half of the time at 0.001; the teacher passes the first case only, at 0.01.
  expect(skill?.students[0]?.economics).toEqual({
    cases: 2,
    rows: [
      { way: "teacher", accuracy: 0.5, usdPerThousand: 10 },
      { way: "student", accuracy: 0, usdPerThousand: 1 },
      { way: "student with skill", accuracy: 0.5, usdPerThousand: 1 },
      { way: "hybrid", accuracy: 0.75, usdPerThousand: expect.closeTo(6, 9) },
    ],
  });
});

test("the cheapest student that is not inferior to the teacher is recommended", () => {
  const students = ["openai:cheap", "openai:middle", "openai:teacher"];
  const plan = madePlan({ arms: ["none", "head"], cases: 40, repeats: 5, students });
  const prices: Record<string, number> = {
    "openai:cheap": 0.001,
    "openai:middle": 0.002,
    "openai:teacher": 0.02,
  };
  const recommended = (cheapPasses: boolean, options: { hasPrices?: boolean; teacher?: string } = {}) => {
    const { hasPrices = true } = options;
    const trials = madeTrials(plan, ({ student, identity }) => ({
      outcome: student.spec !== "openai:cheap" || cheapPasses || identity.repeat % 2 ? "passed" : "failed",
      cost_usd: hasPrices ? (prices[student.spec] ?? null) : null,
    }));
    return evaluationFigures(plan, trials, { teacher: options.teacher }).skills[0]?.recommendation;
  };
  expect(recommended(true, { teacher: "openai:teacher" })).toMatchObject({
    student: "openai:cheap",
    reference: { student: "openai:teacher", arm: "none", isTeacher: true },
  });
  expect(recommended(false, { teacher: "openai:teacher" })?.student).toBe("openai:middle");
  expect(recommended(true, { teacher: "openai:teacher", hasPrices: false })?.student).toBeNull();
  expect(recommended(false)).toMatchObject({ student: "openai:middle", reference: { isTeacher: false } });
});

test("triggering is measured apart", () => {
  const cases = [
    { id: "a" },
    { id: "ask-1", measurement: "triggering" as const },
    { id: "ask-2", measurement: "triggering" as const },
    { id: "other", measurement: "triggering" as const },
  ];
  const made = madePlan({ arms: ["none", "head"], cases, repeats: 2 });
  const plan = { ...made, skills: made.skills.map((skill) => ({ ...skill, offered: skill.given })) };
  const trials = madeTrials(plan, ({ case: { id, measurement }, identity }) => {
    if (measurement === "capability") return {};
    const check = id === "other" ? triggerChecks.notChosen : triggerChecks.chosen;
    const passed = id === "ask-1" || (id === "ask-2" && identity.repeat === 0);
    return { outcome: passed ? "passed" : "failed", checks: [{ check, passed, evidence: "" }] };
  });
  const figures = only(plan, trials);
  expect(figures.planned).toBe(1);
  expect(figures.triggering).toEqual([
    {
      arm: "head",
      recall: expect.objectContaining({ value: 0.75 }),
      shouldTrigger: 2,
      specificity: expect.objectContaining({ value: 0 }),
      others: 1,
    },
  ]);
});

test("an evaluation that ended at an early look is judged at that look's level", () => {
  const plan = madePlan({ arms: ["none", "head"], cases: 10, repeats: 3, more: { looks: 3 } });
  const early = trialsFrom(plan, { none: "0", head: "1" });
  // 2 - 2 Phi(1.96 / sqrt(1/3)), far below what ten cases can show: p = 2 / 2^10.
  expect(only(plan, early)).toMatchObject({
    verdict: "no worse",
    look: { look: 1, repeats: 1, alpha: expect.closeTo(0.000686, 5) },
  });
  expect(only(plan, trialsFrom(plan, { none: "000", head: "111" }))).toMatchObject({
    verdict: "better",
    look: { look: 3, repeats: 3 },
  });
  expect(evaluationFigures(plan, early).totals.missing).toBe(0);
});

test("trials without a result are counted, and nothing is made up for them", () => {
  const plan = madePlan({ arms: ["none", "head"] });
  const figures = evaluationFigures(plan, new Map());
  // Nothing was paid for, and no price is known of it.
  expect(figures.totals).toEqual({
    finished: 0,
    excluded: 0,
    missing: 16,
    calls: 0,
    judgeCalls: 0,
    cost: null,
  });
  expect(figures.skills[0]?.students[0]).toMatchObject({
    verdict: "cannot tell",
    ground: "no cases",
    needed: null,
  });
  expect(figures.skills[0]?.students[0]?.arms.get("head")).toMatchObject({ rate: null, cost: null });
});

test("the difference shown is always the one between the rates shown", () => {
  const outcome = fc.constantFrom("0", "1", "1", "x", ".");
  const word = fc.array(outcome, { minLength: 3, maxLength: 3 }).map((signs) => signs.join(""));
  const words = fc.array(fc.tuple(word, word), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(words, (given) => {
      const plan = madePlan({ arms: ["none", "head"], cases: given.length, repeats: 3 });
      const of = (side: 0 | 1): Record<string, string> =>
        Object.fromEntries(given.map((pair, index) => [`case-${index + 1}`, pair[side]]));
      const { arms, comparison } = only(plan, trialsFrom(plan, { none: of(0), head: of(1) }));
      const none = arms.get("none")?.rate?.value;
      const head = arms.get("head")?.rate?.value;
      if (none === undefined || head === undefined) {
        expect(comparison?.decision.cases).toBe(0);
      } else {
        expect(comparison?.decision.difference.value).toBeCloseTo(head - none, 9);
      }
    }),
    { numRuns: 60 },
  );
});
