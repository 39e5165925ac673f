import { z } from "zod";
import { Failure, usageFailure } from "../failure.ts";
import { AttemptError } from "./attempt-error.ts";
import type { Call, PaidReply, Provider } from "./call.ts";
import type { Usage } from "./model.ts";
import type { Price, PriceTable } from "./prices.ts";
import { batchPrice, costOf, priceOf } from "./prices.ts";

export const budgetLimitsSchema = z.strictObject({
  /** Input and output tokens together. */
  maxTokens: z.number().int().positive().optional(),
  maxUsd: z.number().positive().finite().optional(),
  maxCalls: z.number().int().positive().optional(),
});

export type BudgetLimits = z.infer<typeof budgetLimitsSchema>;

/** What a run has spent; estimated for a call whose provider does not say its usage. */
export interface Spent {
  calls: number;
  tokens: number;
  /** US dollars of the calls that have a price. */
  usd: number;
  unpricedCalls: number;
}

/** A model as a price table may name it: by its whole spec or by its name. */
export interface PricedModel {
  spec: string;
  model: string;
  /** Whether its calls are made in batches, which have a price of their own. */
  isBatched?: boolean;
}

/** The price of a call to a model; undefined where the table has none. */
export function priceOfCall(
  prices: PriceTable | undefined,
  { spec, model, isBatched = false }: PricedModel,
): Price | undefined {
  const price = priceOf(prices, spec, model);
  return price !== undefined && isBatched ? batchPrice(price) : price;
}

/** One budget for all models of a run. */
export interface Budget {
  readonly spent: Readonly<Spent>;
  /** Throws `Failure` (exit code 2) where dollars are limited and the model has no price. */
  requirePrice(model: PricedModel): void;
  /** Throws `Failure` (exit code 3) where the call could pass a limit; `estimate` is the most it should need. */
  admit(model: PricedModel, purpose: string, estimate: TokenEstimate): void;
  /** The call that was admitted last for this purpose reached no provider. */
  takeBack(purpose: string): void;
  /**
   * Counts a call that was made, by `toldUsd` where its cost is known without a price. Returns its cost in US dollars, null
   * where price or usage are not known.
   */
  charge(
    model: PricedModel,
    purpose: string,
    usage: Usage,
    estimate: TokenEstimate,
    toldUsd?: number,
  ): number | null;
}

export interface TokenEstimate {
  inputTokens: number;
  outputTokens: number;
  /** US dollars, where they are not those of the tokens by the price table. */
  usd?: number;
}

export function createBudget(limits: BudgetLimits, prices: PriceTable | undefined): Budget {
  const spent: Spent = { calls: 0, tokens: 0, usd: 0, unpricedCalls: 0 };
  const price = (model: PricedModel): Price | undefined => priceOfCall(prices, model);

  const requirePrice = (model: PricedModel): void => {
    if (limits.maxUsd !== undefined && price(model) === undefined) {
      const table =
        prices === undefined ? "there is no price table" : `the price table of ${prices.date} lacks it`;
      throw usageFailure(
        `The budget is limited in dollars, but the price of ${model.spec} is not known: ${table}.`,
        `Add "${model.model}" to the price table of the configuration, or limit tokens or calls instead.`,
      );
    }
  };

  return {
    spent,
    requirePrice,
    admit(model, purpose, estimate) {
      if (estimate.usd === undefined) requirePrice(model);
      const tokens = estimate.inputTokens + estimate.outputTokens;
      const usd = estimate.usd ?? costOf(price(model), { ...estimate, cachedInputTokens: null });
      const limit = passedLimit(limits, spent.calls + 1, spent.tokens + tokens, spent.usd + (usd ?? 0));
      if (limit !== undefined) {
        const need = `${tokens} tokens${usd === null ? "" : ` or ${dollars(usd)}`}`;
        throw new Failure(
          `The budget of this run is spent: ${show(spent)} used; the next call, "${purpose}", may take ${need}, ` +
            `and the limit is ${limit}.`,
          { remedy: "Raise the budget to go on; everything finished before this call is kept.", exitCode: 3 },
        );
      }
    },
    // Only calls that were made are counted here.
    takeBack() {},
    charge(model, _purpose, usage, estimate, toldUsd) {
      const known: Usage = {
        inputTokens: usage.inputTokens ?? estimate.inputTokens,
        outputTokens: usage.outputTokens ?? estimate.outputTokens,
        cachedInputTokens: usage.cachedInputTokens,
      };
      spent.calls += 1;
      spent.tokens += (known.inputTokens ?? 0) + (known.outputTokens ?? 0);
      const usd = toldUsd ?? costOf(price(model), known);
      spent.usd += usd ?? 0;
      spent.unpricedCalls += usd === null ? 1 : 0;
      return toldUsd ?? costOf(price(model), usage);
    },
  };
}

function passedLimit(limits: BudgetLimits, calls: number, tokens: number, usd: number): string | undefined {
  if (limits.maxCalls !== undefined && calls > limits.maxCalls) {
    return `${limits.maxCalls} calls`;
  }
  if (limits.maxTokens !== undefined && tokens > limits.maxTokens) {
    return `${limits.maxTokens} tokens`;
  }
  return limits.maxUsd !== undefined && usd > limits.maxUsd ? dollars(limits.maxUsd) : undefined;
}

function show(spent: Spent): string {
  const { calls, usd, unpricedCalls } = spent;
  const cost =
    unpricedCalls === 0
      ? dollars(usd)
      : unpricedCalls === calls
        ? "price not known"
        : `${dollars(usd)} and ${unpricedCalls} without a price`;
  return `${spent.calls} calls, ${spent.tokens} tokens, ${cost}`;
}

function dollars(usd: number): string {
  return `$${usd.toFixed(4)}`;
}

/** The most that a call should need. */
export function highestNeed({ system, prompt, maxOutputTokens }: Call): TokenEstimate {
  return { inputTokens: tokensIn(system.length + prompt.length), outputTokens: maxOutputTokens };
}

/** Four characters a token is the usual rule of thumb for English and code. */
function tokensIn(characters: number): number {
  return Math.ceil(characters / 4);
}

/**
 * A provider whose attempts the budget admits and counts. An answer that broke off is billed by its provider, and
 * therefore counted by what had come of it; other failed attempts cost nothing. An answer that was paid for is always
 * handed over, also when it passed a limit: the next call is the one that is refused.
 */
export function metered(
  provider: Provider,
  options: { budget: Budget; model: PricedModel; now: () => number },
): (call: Call) => Promise<PaidReply> {
  const { budget, model, now } = options;
  return async (call) => {
    const need = highestNeed(call);
    const { inputTokens } = need;
    const { purpose } = call;
    const admit = (): void => budget.admit(model, purpose, need);
    admit();
    const started = now();
    try {
      const reply = await provider(call, admit);
      const latencyMs = Math.max(0, Math.round(now() - started));
      const costUsd = budget.charge(model, purpose, reply.usage, {
        inputTokens,
        outputTokens: tokensIn(reply.text.length),
      });
      return { ...reply, costUsd, latencyMs };
    } catch (thrown) {
      if (thrown instanceof AttemptError && thrown.unreached) budget.takeBack(purpose);
      if (thrown instanceof AttemptError && thrown.receivedCharacters !== undefined) {
        const outputTokens = tokensIn(thrown.receivedCharacters);
        budget.charge(
          model,
          purpose,
          { inputTokens, outputTokens, cachedInputTokens: null },
          { inputTokens, outputTokens },
        );
      }
      throw thrown;
    }
  };
}
