import { Failure } from "../failure.ts";
import { type Budget, type BudgetLimits, createBudget, type PricedModel } from "../models/budget.ts";
import { costOf, priceOf, type PriceTable } from "../models/prices.ts";

/** A budget that knows which trial asks, and holds while several run at once. */
export interface TrialBudget {
  /** For the models of the run. */
  budget: Budget;
  /** Attempts that were made for a purpose, failed ones included. */
  attempts(purpose: string): number;
  /** The trial of a purpose is over: what was set aside for it is free again. */
  settle(purpose: string): void;
  /** Whether this is the failure of a call that the budget refused. */
  hasRefused(thrown: unknown): boolean;
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

  const highestCost = ({ spec, model }: PricedModel, inputTokens: number, outputTokens: number): number =>
    costOf(priceOf(prices, spec, model), { inputTokens, outputTokens, cachedInputTokens: null }) ?? 0;

  const requireRoom = (usd: number, purpose: string): void => {
    let others = 0;
    for (const [other, held] of aside) if (other !== purpose) others += held;
    const isOver = limits.maxUsd !== undefined && inner.spent.usd + others + usd > limits.maxUsd;
    if (!isOver && (maxCalls === undefined || attempts < maxCalls)) return;
    const limit = isOver ? `$${limits.maxUsd}` : `${maxCalls} calls`;
    throw new Failure(`The budget of this run is spent: the next call could pass ${limit}.`, {
      remedy: "Raise the budget and run it again; finished trials are kept and not paid for again.",
      exitCode: 3,
    });
  };

  const budget: Budget = {
    spent: inner.spent,
    requirePrice: (model) => inner.requirePrice(model),
    admit(model, purpose, estimate) {
      const usd = highestCost(model, estimate.inputTokens, estimate.outputTokens);
      try {
        requireRoom(usd, purpose);
        inner.admit(model, purpose, estimate);
      } catch (thrown) {
        if (thrown instanceof Failure && thrown.exitCode === 3) refusals.add(thrown);
        throw thrown;
      }
      attempts += 1;
      counted.set(purpose, (counted.get(purpose) ?? 0) + 1);
      aside.set(purpose, usd);
    },
    charge: (model, usage, estimate) => inner.charge(model, usage, estimate),
  };

  return {
    budget,
    attempts: (purpose) => counted.get(purpose) ?? 0,
    settle(purpose) {
      aside.delete(purpose);
      counted.delete(purpose);
    },
    hasRefused: (thrown) => thrown instanceof Failure && refusals.has(thrown),
  };
}
