import { describe, expect, it } from "vitest";
import { z } from "zod";
import { AttemptError } from "./attempt-error.ts";
import { createBudget, metered } from "./budget.ts";
import type { BudgetLimits } from "./budget.ts";
import type { Call, Reply } from "./call.ts";
import { costOf, priceOf, priceTableSchema } from "./prices.ts";

const prices = priceTableSchema.parse({
  date: "2026-11-01",
  models: {
    "gpt-5": { inputPerMillion: 2, outputPerMillion: 10, cachedInputPerMillion: 0.5 },
    "gpt-5-*": { inputPerMillion: 1, outputPerMillion: 4 },
    "openai:local@http://gpu/v1": { inputPerMillion: 0, outputPerMillion: 0 },
  },
});
const model = { spec: "openai:gpt-5", model: "gpt-5" };
const call: Call = {
  purpose: "distill",
  system: "s".repeat(400),
  prompt: "p".repeat(3_600),
  schema: z.unknown(),
  maxOutputTokens: 1_000,
  temperature: undefined,
};
const reply: Reply = {
  text: "x".repeat(400),
  model: "gpt-5-2026",
  usage: { inputTokens: 900, outputTokens: 200, cachedInputTokens: 100 },
  stop: "complete",
};

function meter(limits: BudgetLimits, provider: () => Promise<Reply>) {
  const budget = createBudget(limits, prices);
  let clock = 1_000;
  return { budget, ask: metered(provider, { budget, model, now: () => (clock += 250) }) };
}

describe("prices", () => {
  it("finds a model by name, by the longest beginning, and by spec", () => {
    expect(priceOf(prices, "openai:gpt-5", "gpt-5")?.inputPerMillion).toBe(2);
    expect(priceOf(prices, "openai:gpt-5-mini", "gpt-5-mini")?.inputPerMillion).toBe(1);
    expect(priceOf(prices, "openai:local@http://gpu/v1", "local")?.inputPerMillion).toBe(0);
    expect(priceOf(prices, "openai:gpt-5.5", "gpt-5.5")).toBeUndefined();
    expect(priceOf(prices, "openai:constructor", "constructor")).toBeUndefined();
    expect(priceOf(undefined, "openai:gpt-5", "gpt-5")).toBeUndefined();
  });

  it("counts cached input at its own price and knows no cost without usage", () => {
    const price = priceOf(prices, model.spec, model.model);
    expect(costOf(price, reply.usage)).toBeCloseTo((800 * 2 + 100 * 0.5 + 200 * 10) / 1e6, 12);
    expect(costOf(price, { ...reply.usage, outputTokens: null })).toBeNull();
    expect(costOf(undefined, reply.usage)).toBeNull();
  });
});

describe("metered", () => {
  it("hands over cost and time, and counts what was spent", async () => {
    const { budget, ask } = meter({ maxTokens: 10_000, maxUsd: 1, maxCalls: 5 }, () =>
      Promise.resolve(reply),
    );
    expect(await ask(call)).toEqual({
      ...reply,
      costUsd: expect.closeTo(0.00365, 8) as number,
      latencyMs: 250,
    });
    expect(budget.spent).toEqual({
      calls: 1,
      tokens: 1_100,
      usd: expect.closeTo(0.00365, 8) as number,
      unpricedCalls: 0,
    });
  });

  it.each([
    [{ maxCalls: 2 }, "the limit is 2 calls"],
    [{ maxTokens: 4_000 }, "the limit is 4000 tokens"],
    [{ maxUsd: 0.019 }, "the limit is $0.0190"],
  ])("refuses the call that could pass %o, and says what is spent and kept", async (limits, words) => {
    let calls = 0;
    const { ask } = meter(limits, () => {
      calls += 1;
      return Promise.resolve(reply);
    });
    await ask(call);
    await ask(call);
    const refused = ask(call);
    await expect(refused).rejects.toMatchObject({
      exitCode: 3,
      message: expect.stringContaining(words) as string,
      remedy: expect.stringContaining("is kept") as string,
    });
    await expect(refused).rejects.toThrow("2 calls, 2200 tokens, $0.0073 used");
    expect(calls).toBe(2);
  });

  it("estimates four characters a token and the whole output before a call", async () => {
    const exactly = meter({ maxTokens: 2_000 }, () => Promise.resolve(reply));
    await expect(exactly.ask(call)).resolves.toBeDefined();
    const oneLess = meter({ maxTokens: 1_999 }, () => Promise.resolve(reply));
    await expect(oneLess.ask(call)).rejects.toThrow("may take 2000 tokens");
  });

  it("counts an estimate where the provider gives no usage, and leaves the cost unknown", async () => {
    const usage = { inputTokens: null, outputTokens: null, cachedInputTokens: null };
    const { budget, ask } = meter({ maxUsd: 1 }, () => Promise.resolve({ ...reply, usage }));
    expect((await ask(call)).costUsd).toBeNull();
    expect(budget.spent).toMatchObject({ tokens: 1_100, usd: expect.closeTo(0.003, 8) as number });
  });

  it("counts an answer that broke off, but no attempt that never began", async () => {
    const failing = [undefined, 800].map(
      (receivedCharacters) => new AttemptError("broke", { remedy: "", retry: true, receivedCharacters }),
    );
    const { budget, ask } = meter({}, () => Promise.reject(failing.shift() ?? new Error("no more")));
    await expect(ask(call)).rejects.toThrow("broke");
    expect(budget.spent).toMatchObject({ calls: 0, tokens: 0 });
    await expect(ask(call)).rejects.toThrow("broke");
    expect(budget.spent).toMatchObject({ calls: 1, tokens: 1_200 });
  });

  it("never takes an unknown price for free", async () => {
    const unknown = { spec: "openai:new", model: "new" };
    const limited = createBudget({ maxUsd: 1 }, prices);
    expect(() => limited.requirePrice(unknown)).toThrow(
      expect.objectContaining({ exitCode: 2, remedy: expect.stringContaining('Add "new"') as string }),
    );
    expect(() => createBudget({ maxUsd: 1 }, undefined).requirePrice(model)).toThrow(
      "there is no price table",
    );
    const counted = createBudget({ maxTokens: 10 }, prices);
    expect(() => counted.requirePrice(unknown)).not.toThrow();
    expect(counted.charge(unknown, "distill", reply.usage, { inputTokens: 0, outputTokens: 0 })).toBeNull();
    expect(counted.spent.unpricedCalls).toBe(1);
    expect(() => counted.admit(unknown, "distill", { inputTokens: 1, outputTokens: 1 })).toThrow(
      "1 calls, 1100 tokens, price not known used",
    );
  });
});
