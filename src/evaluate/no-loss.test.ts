import { expect, test } from "vitest";
import { type MadeCase, madePlan, madeTrials } from "../../test/made-evaluation.ts";
import { noLossFigures } from "./no-loss.ts";
import type { Plan } from "./plan.ts";

const merges = [{ survivors: ["merged"], sources: ["first", "second"] }];

function planOf(cases: MadeCase[] | number, more: Partial<Plan> = {}): Plan {
  return madePlan({ skills: ["first", "second"], arms: ["none", "base", "head"], cases, repeats: 5, more });
}

/** Every trial passes but those of `fails`, in words of skill, arm, case and repeat. */
function trialsWhere(
  plan: Plan,
  fails: (of: { skill: string; arm: string; id: string; repeat: number }) => boolean,
) {
  return madeTrials(plan, ({ skill, arm, case: { id }, identity: { repeat } }) => ({
    outcome: fails({ skill, arm, id, repeat }) ? "failed" : "passed",
  }));
}

test("proves a merge over the cases of all its sources together, where no source has enough alone", () => {
  const plan = planOf(10);
  const trials = trialsWhere(plan, ({ arm }) => arm === "none");
  expect(noLossFigures(plan, trials, { merges })).toMatchObject([
    { student: "openai:small", verdict: "no worse", cases: 20, losers: [], isProven: true },
  ]);
  const [alone] = noLossFigures(plan, trials, { merges: [{ survivors: ["merged"], sources: ["first"] }] });
  expect(alone).toMatchObject({ cases: 10, verdict: "cannot tell", isProven: false });
});

test("proves nothing with few cases, without results, and for sources without cases", () => {
  const few = planOf(2);
  expect(
    noLossFigures(
      few,
      trialsWhere(few, () => false),
      { merges },
    ),
  ).toMatchObject([{ verdict: "cannot tell", isProven: false }]);
  const plan = planOf(10);
  expect(noLossFigures(plan, new Map(), { merges })).toMatchObject([{ cases: 0, isProven: false }]);
  const others = [{ survivors: ["merged"], sources: ["third", "fourth"] }];
  expect(
    noLossFigures(
      plan,
      trialsWhere(plan, () => false),
      { merges: others },
    ),
  ).toMatchObject([{ ground: "no cases", difference: null, isProven: false }]);
});

test("lets no source pay for the gain of another", () => {
  const plan = planOf(12);
  const trials = trialsWhere(
    plan,
    ({ skill, arm }) => (skill === "first" && arm === "head") || (skill === "second" && arm === "base"),
  );
  const [figures] = noLossFigures(plan, trials, { merges });
  expect(figures).toMatchObject({ losers: ["first"], isProven: false });
});

test("a lost must-pass case of one source is a loss of the union", () => {
  const cases = Array.from({ length: 12 }, (_, index) => ({
    id: `case-${index + 1}`,
    mustPass: index === 0,
  }));
  const plan = planOf(cases);
  const lost = trialsWhere(
    plan,
    ({ skill, arm, id }) => skill === "second" && arm === "head" && id === "case-1",
  );
  expect(noLossFigures(plan, lost, { merges })[0]?.isProven).toBe(false);
  expect(
    noLossFigures(
      plan,
      trialsWhere(plan, () => false),
      { merges },
    )[0]?.isProven,
  ).toBe(true);
});

test("cases that any source was distilled from prove nothing", () => {
  const plan = planOf(Array.from({ length: 12 }, (_, index) => ({ id: `case-${index + 1}`, seen: true })));
  const [figures] = noLossFigures(
    plan,
    trialsWhere(plan, () => false),
    { merges },
  );
  expect(figures).toMatchObject({ cases: 0, isProven: false });
});

test("what failed for outside reasons in one arm alone proves nothing", () => {
  const plan = planOf(10);
  const trials = madeTrials(plan, ({ arm, identity: { repeat } }) => ({
    outcome: arm === "head" && repeat < 2 ? "excluded" : "passed",
  }));
  expect(noLossFigures(plan, trials, { merges })[0]).toMatchObject({
    ground: "too many excluded",
    isProven: false,
  });
});
