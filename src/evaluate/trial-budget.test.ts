import { expect, it } from "vitest";
import { trialBudget } from "./trial-budget.ts";

const prices = { date: "2026-01-01", models: { small: { inputPerMillion: 0, outputPerMillion: 1_000_000 } } };
const model = { spec: "openai:small", model: "small" };
/** One dollar a token of output. */
const dollars = (usd: number) => ({ inputTokens: 0, outputTokens: usd });

it("sets aside what trials may cost that run at once, and frees it when they are over", () => {
  const trials = trialBudget({ maxUsd: 10 }, prices);
  trials.budget.admit(model, "one", dollars(6));
  expect(() => trials.budget.admit(model, "two", dollars(6))).toThrow(/could pass \$10/);
  trials.budget.charge(
    model,
    "one",
    { inputTokens: 0, outputTokens: 1, cachedInputTokens: null },
    dollars(1),
  );
  trials.settle("one");
  trials.budget.admit(model, "two", dollars(6));
  expect(trials.budget.spent.usd).toBe(1);
});

it("counts every attempt as a call, also those that fail", () => {
  const trials = trialBudget({ maxCalls: 3 }, undefined);
  for (const purpose of ["one", "one", "two"]) trials.budget.admit(model, purpose, dollars(1));
  expect([trials.attempts("one"), trials.attempts("two"), trials.attempts("three")]).toEqual([2, 1, 0]);
  let thrown: unknown;
  try {
    trials.budget.admit(model, "three", dollars(1));
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toMatchObject({ exitCode: 3 });
  expect(trials.hasRefused(thrown)).toBe(true);
  expect(trials.hasRefused(new Error("other"))).toBe(false);
});

it("wants a price where dollars are limited", () => {
  const { budget } = trialBudget({ maxUsd: 1 }, undefined);
  expect(() => budget.requirePrice(model)).toThrow(expect.objectContaining({ exitCode: 2 }) as Error);
});

it("admits the calls of a batch all together or not at all", () => {
  const trials = trialBudget({ maxUsd: 10, maxCalls: 4 }, prices);
  const calls = (usd: number, ...purposes: string[]) =>
    purposes.map((purpose) => ({ purpose, need: dollars(usd) }));
  trials.budget.admit(model, "before", dollars(2));
  expect(() => trials.admitAll(model, calls(3, "one", "two", "three"))).toThrow(
    /batch of 3 calls.*\$9.*pass \$10/,
  );
  expect(trials.attempts("one")).toBe(0);
  // In a batch they cost half.
  trials.admitAll({ ...model, isBatched: true }, calls(3, "one", "two", "three"));
  expect(trials.attempts("one")).toBe(1);
  expect(() => trials.admitAll(model, calls(0, "four"))).toThrow(/pass 4 calls/);
  // What an earlier run has handed in is paid for in any case, and was counted there.
  trials.admitAll(model, calls(9, "four"), { isMade: true });
  expect(trials.attempts("four")).toBe(0);
  expect(trials.taken().calls).toBe(4);
  expect(trials.passed()).toEqual({ of: "dollars", most: 10 });
});

it("counts the tokens of a batch together", () => {
  const trials = trialBudget({ maxTokens: 10 }, undefined);
  const calls = ["one", "two", "three"].map((purpose) => ({
    purpose,
    need: { inputTokens: 2, outputTokens: 2 },
  }));
  let thrown: unknown;
  try {
    trials.admitAll(model, calls);
  } catch (error) {
    thrown = error;
  }
  expect(trials.hasRefused(thrown)).toBe(true);
  trials.admitAll(model, calls.slice(1));
  expect(trials.attempts("one")).toBe(0);
});
