import { Failure } from "../failure.ts";
import {
  type Budget,
  type BudgetLimits,
  createBudget,
  type PricedModel,
  priceOfCall,
  type TokenEstimate,
} from "../models/budget.ts";
import { costOf, type PriceTable } from "../models/prices.ts";
import type { Asker, CallLedger } from "./call-ledger.ts";
import { limitWords, type SpendingLimit } from "./spending-limits.ts";

/** A budget that knows which trial asks, and holds while several run at once. */
export interface TrialBudget {
  /** For the models of the run. */
  budget: Budget;
  /** What it limits besides calls. */
  isLimited: { usd: boolean; tokens: boolean };
  isPriced(model: PricedModel): boolean;
  /** Says for whom the calls for a purpose are made, until it is settled. */
  begin(purpose: string, asker: Asker): void;
  /**
   * Sets aside what calls may cost at most that are made together, in a batch, and counts them. Throws `Failure` (exit
   * code 3) where they could pass a limit, and then none of it is set aside. What `isMade` was counted by an earlier run,
   * and only its cost is set aside.
   */
  admitAll(model: PricedModel, calls: readonly AdmittedCall[], options?: { isMade: boolean }): void;
  /** Requests that were made for a purpose and reached a provider, failed ones included. */
  attempts(purpose: string): number;
  /** What this run took so far: requests of all purposes, and US dollars, null without a price. */
  taken(): Taken;
  /** The limit that a call was refused for first; undefined where none was. */
  passed(): SpendingLimit | undefined;
  /** The trial of a purpose is over: what was set aside for it is free again. */
  settle(purpose: string): void;
  /** Whether this is the failure of a call that the budget refused. */
  hasRefused(thrown: unknown): boolean;
}

/** What a run took. */
export interface Taken {
  calls: number;
  cost_usd: number | null;
}

export interface AdmittedCall {
  purpose: string;
  /** The most it should need. */
  need: TokenEstimate;
}

/**
 * The budget of one run. `maxCalls` counts every request that reaches a provider, also those that fail, and `ledger` notes
 * them for later runs and reports. The highest cost of an attempt is set
 * aside until its trial is over, because calls that run at the same time could pass a limit together.
 */
export function trialBudget(
  { maxCalls, ...limits }: BudgetLimits,
  prices: PriceTable | undefined,
  ledger?: CallLedger,
): TrialBudget {
  const inner = createBudget(limits, prices);
  const counted = new Map<string, number>();
  const aside = new Map<string, number>();
  const askers = new Map<string, Asker>();
  const refusals = new WeakSet<Failure>();
  let attempts = 0;
  let charges = 0;
  let passed: SpendingLimit | undefined;

  const highestCost = (model: PricedModel, { inputTokens, outputTokens, usd }: TokenEstimate): number =>
    usd ?? costOf(priceOfCall(prices, model), { inputTokens, outputTokens, cachedInputTokens: null }) ?? 0;

  const heldBeside = (purpose?: string): number => {
    let held = 0;
    for (const [other, usd] of aside) if (other !== purpose) held += usd;
    return held;
  };

  const refusal = (limit: SpendingLimit, problem: string, remedy: string): Failure => {
    const failure = new Failure(problem, { remedy, exitCode: 3 });
    refusals.add(failure);
    passed ??= limit;
    return failure;
  };

  const note = (event: "sent" | "unreached", purpose: string): void => {
    const asker = askers.get(purpose);
    if (asker !== undefined) ledger?.note({ event, ...asker });
  };

  const count = (purpose: string): void => {
    attempts += 1;
    counted.set(purpose, (counted.get(purpose) ?? 0) + 1);
    note("sent", purpose);
  };

  const requireRoom = (usd: number, purpose: string): void => {
    const others = heldBeside(purpose);
    const over =
      limits.maxUsd !== undefined && inner.spent.usd + others + usd > limits.maxUsd
        ? { of: "dollars" as const, most: limits.maxUsd }
        : maxCalls !== undefined && attempts >= maxCalls
          ? { of: "calls" as const, most: maxCalls }
          : undefined;
    if (over === undefined) return;
    throw refusal(
      over,
      `The budget of this run is spent: the next call could pass ${limitWords(over)}.`,
      "Raise the budget and run it again; finished trials are kept and not paid for again.",
    );
  };

  /** The limit that so many calls together could pass; undefined where there is room. */
  const passedTogether = (calls: number, tokens: number, usd: number): SpendingLimit | undefined => {
    const { maxTokens, maxUsd } = limits;
    if (maxCalls !== undefined && attempts + calls > maxCalls) return { of: "calls", most: maxCalls };
    if (maxTokens !== undefined && inner.spent.tokens + tokens > maxTokens)
      return { of: "tokens", most: maxTokens };
    const isOver = maxUsd !== undefined && inner.spent.usd + heldBeside() + usd > maxUsd;
    return isOver ? { of: "dollars", most: maxUsd } : undefined;
  };

  const budget: Budget = {
    spent: inner.spent,
    requirePrice: (model) => inner.requirePrice(model),
    admit(model, purpose, estimate) {
      const usd = highestCost(model, estimate);
      try {
        requireRoom(usd, purpose);
        inner.admit(model, purpose, estimate);
      } catch (thrown) {
        if (thrown instanceof Failure && thrown.exitCode === 3) {
          refusals.add(thrown);
          // Calls and dollars were asked for before: the inner budget refuses for tokens.
          if (limits.maxTokens !== undefined) passed ??= { of: "tokens", most: limits.maxTokens };
        }
        throw thrown;
      }
      aside.set(purpose, usd);
      count(purpose);
    },
    takeBack(purpose) {
      attempts -= 1;
      counted.set(purpose, (counted.get(purpose) ?? 1) - 1);
      note("unreached", purpose);
    },
    charge(model, purpose, usage, estimate, toldUsd) {
      const usd = inner.charge(model, purpose, usage, estimate, toldUsd);
      charges += 1;
      const asker = askers.get(purpose);
      if (asker !== undefined) ledger?.note({ event: "charged", ...asker, usd });
      return usd;
    },
  };

  return {
    budget,
    isLimited: { usd: limits.maxUsd !== undefined, tokens: limits.maxTokens !== undefined },
    isPriced: (model) => priceOfCall(prices, model) !== undefined,
    begin: (purpose, asker) => void askers.set(purpose, asker),
    admitAll(model, calls, { isMade } = { isMade: false }) {
      budget.requirePrice(model);
      const costs = calls.map(({ need }) => highestCost(model, need));
      const usd = costs.reduce((sum, cost) => sum + cost, 0);
      const tokens = calls.reduce((sum, { need }) => sum + need.inputTokens + need.outputTokens, 0);
      const over = isMade ? undefined : passedTogether(calls.length, tokens, usd);
      if (over !== undefined) {
        const cost = usd === 0 ? `${tokens} tokens` : `${tokens} tokens or $${usd.toFixed(4)}`;
        throw refusal(
          over,
          `The budget of this run is too small for a batch of ${calls.length} calls to ${model.spec}: they could take ${cost} and pass ${limitWords(over)}.`,
          "Raise the budget, lower evaluate.max-output-tokens, or leave out --batch to go as far as it lasts.",
        );
      }
      for (const [index, { purpose }] of calls.entries()) {
        aside.set(purpose, costs[index] ?? 0);
        if (!isMade) count(purpose);
      }
    },
    taken() {
      const { usd, unpricedCalls } = inner.spent;
      return { calls: attempts, cost_usd: charges === 0 || unpricedCalls > 0 ? null : usd };
    },
    passed: () => passed,
    attempts: (purpose) => counted.get(purpose) ?? 0,
    settle(purpose) {
      aside.delete(purpose);
      counted.delete(purpose);
      askers.delete(purpose);
    },
    hasRefused: (thrown) => thrown instanceof Failure && refusals.has(thrown),
  };
}
