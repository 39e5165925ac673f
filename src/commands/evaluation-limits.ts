import type { PlannedTrial } from "../evaluate/plan.ts";
import type { SpendingLimits } from "../evaluate/spending-limits.ts";
import type { Evaluation } from "./evaluation.ts";

/** The least of the limits that request and configuration set. A shard may spend its share of what the whole run may spend. */
export function evaluationLimits(
  { request, config, trials, load }: Evaluation,
  own: readonly PlannedTrial[],
): SpendingLimits {
  const { tokens, usd, calls } = config.budget;
  const weight = (some: readonly PlannedTrial[]): number =>
    [...new Map(some.map((trial) => [trial.key, load(trial).tokens])).values()].reduce(
      (sum, one) => sum + one,
      0,
    );
  const share = request.shard === undefined ? 1 : weight(own) / Math.max(1, weight(trials));
  const least = (...limits: (number | undefined)[]): number | undefined => {
    const given = limits.filter((limit) => limit !== undefined);
    return given.length === 0 ? undefined : Math.min(...given) * share;
  };
  const maxUsd = least(request.budgetUsd ?? config.evaluate["budget-usd"], usd);
  const maxCalls = least(request.maxCalls ?? config.evaluate["max-calls"], calls);
  const maxTokens = least(tokens);
  return {
    maxUsd,
    maxCalls: maxCalls === undefined ? undefined : Math.floor(maxCalls),
    maxTokens: maxTokens === undefined ? undefined : Math.floor(maxTokens),
  };
}
