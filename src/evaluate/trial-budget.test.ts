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
  trials.budget.charge(model, { inputTokens: 0, outputTokens: 1, cachedInputTokens: null }, dollars(1));
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
