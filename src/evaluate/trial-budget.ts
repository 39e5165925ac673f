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

/** A budget that knows which trial asks, and holds while several run at once. */
export interface TrialBudget {
  /** For the models of the run. */
  budget: Budget;
  /** What it limits besides calls. */
  isLimited: { usd: boolean; tokens: boolean };
  isPriced(model: PricedModel): boolean;
  /**
   * Sets aside what calls may cost at most that are made together, in a batch. Throws `Failure` (exit code 3) where they
   * could pass a limit, and then none of it is set aside. What `isMade` is counted without asking for room.
   */
  admitAll(model: PricedModel, calls: readonly AdmittedCall[], options?: { isMade: boolean }): void;
  /** Attempts that were made for a purpose, failed ones included. */
  attempts(purpose: string): number;
  /** The trial of a purpose is over: what was set aside for it is free again. */
  settle(purpose: string): void;
  /** Whether this is the failure of a call that the budget refused. */
  hasRefused(thrown: unknown): boolean;
}

export interface AdmittedCall {
  purpose: string;
  /** The most it should need. */
  need: TokenEstimate;
}

/**
 * The budget of one run. `maxCalls` counts every attempt, also those that fail. The highest cost of an attempt is set
 * aside until its trial is over, because calls that run at the same time could pass a limit together.
 */
export function trialBudget(
  { maxCalls, ...limits }: BudgetLimits,
  prices: PriceTable | undefined,
): TrialBudget {
  const inner = createBudget(limits, prices);
  const counted = new Map<string, number>();
  const aside = new Map<string, number>();
  const refusals = new WeakSet<Failure>();
  let attempts = 0;

  const highestCost = (model: PricedModel, { inputTokens, outputTokens, usd }: TokenEstimate): number =>
    usd ?? costOf(priceOfCall(prices, model), { inputTokens, outputTokens, cachedInputTokens: null }) ?? 0;

  const heldBeside = (purpose?: string): number => {
    let held = 0;
    for (const [other, usd] of aside) if (other !== purpose) held += usd;
    return held;
  };

  const refusal = (problem: string, remedy: string): Failure => {
    const failure = new Failure(problem, { remedy, exitCode: 3 });
    refusals.add(failure);
    return failure;
  };

  const setAside = (purpose: string, usd: number): void => {
    attempts += 1;
    counted.set(purpose, (counted.get(purpose) ?? 0) + 1);
    aside.set(purpose, usd);
  };

  const requireRoom = (usd: number, purpose: string): void => {
    const others = heldBeside(purpose);
    const isOver = limits.maxUsd !== undefined && inner.spent.usd + others + usd > limits.maxUsd;
    if (!isOver && (maxCalls === undefined || attempts < maxCalls)) return;
    const limit = isOver ? `$${limits.maxUsd}` : `${maxCalls} calls`;
    throw refusal(
      `The budget of this run is spent: the next call could pass ${limit}.`,
      "Raise the budget and run it again; finished trials are kept and not paid for again.",
    );
  };

  /** The limit that so many calls together could pass, in words; undefined where there is room. */
  const passedTogether = (calls: number, tokens: number, usd: number): string | undefined => {
    if (maxCalls !== undefined && attempts + calls > maxCalls) return `${maxCalls} calls`;
    if (limits.maxTokens !== undefined && inner.spent.tokens + tokens > limits.maxTokens)
      return `${limits.maxTokens} tokens`;
    const isOver = limits.maxUsd !== undefined && inner.spent.usd + heldBeside() + usd > limits.maxUsd;
    return isOver ? `$${limits.maxUsd}` : undefined;
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
        if (thrown instanceof Failure && thrown.exitCode === 3) refusals.add(thrown);
        throw thrown;
      }
      setAside(purpose, usd);
    },
    charge: (...call) => inner.charge(...call),
  };

  return {
    budget,
    isLimited: { usd: limits.maxUsd !== undefined, tokens: limits.maxTokens !== undefined },
    isPriced: (model) => priceOfCall(prices, model) !== undefined,
    admitAll(model, calls, { isMade } = { isMade: false }) {
      budget.requirePrice(model);
      const costs = calls.map(({ need }) => highestCost(model, need));
      const usd = costs.reduce((sum, cost) => sum + cost, 0);
      const tokens = calls.reduce((sum, { need }) => sum + need.inputTokens + need.outputTokens, 0);
      const passed = isMade ? undefined : passedTogether(calls.length, tokens, usd);
      if (passed !== undefined) {
        const cost = usd === 0 ? `${tokens} tokens` : `${tokens} tokens or $${usd.toFixed(4)}`;
        throw refusal(
          `The budget of this run is too small for a batch of ${calls.length} calls to ${model.spec}: they could take ${cost} and pass ${passed}.`,
          "Raise the budget, lower evaluate.max-output-tokens, or leave out --batch to go as far as it lasts.",
        );
      }
      for (const [index, { purpose }] of calls.entries()) setAside(purpose, costs[index] ?? 0);
    },
    attempts: (purpose) => counted.get(purpose) ?? 0,
    settle(purpose) {
      aside.delete(purpose);
      counted.delete(purpose);
    },
    hasRefused: (thrown) => thrown instanceof Failure && refusals.has(thrown),
  };
}
