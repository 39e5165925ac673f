import { costOf, priceOf, type PriceTable } from "../models/prices.ts";
import { parseModelSpec } from "../models/spec.ts";
import { estimateTokens } from "../skills/text-size.ts";
import type { TrialMaterial } from "./measured-skill.ts";
import type { PlannedTrial } from "./plan.ts";

/** What one trial will take, before it has run. */
export interface TrialEstimate {
  tokens: number;
  /** US dollars; null without a price. */
  usd: number | null;
}

/** The answer of a case, in tokens, as long as nothing is known. */
const assumedAnswer = 500;

/**
 * Estimates trials from their requests alone, so that every shard of a run comes to the same figures whatever results
 * it has at hand.
 */
export function trialEstimates(
  materialOf: (trial: PlannedTrial) => TrialMaterial,
  prices: PriceTable | undefined,
): (trial: PlannedTrial) => TrialEstimate {
  const known = new Map<string, TrialEstimate>();
  return (trial) => {
    const { student, identity } = trial;
    // All repeats of a case in an arm send the same.
    const name = JSON.stringify([student.spec, identity.case_sha256, identity.given_sha256]);
    const found = known.get(name);
    if (found) return found;
    const { request } = materialOf(trial);
    const inputTokens = estimateTokens(request.system) + estimateTokens(request.prompt);
    const outputTokens = Math.min(assumedAnswer, request.sampling.max_output_tokens);
    const spec = parseModelSpec(student.spec);
    const price = priceOf(prices, student.spec, "model" in spec ? spec.model : student.spec);
    const estimate = {
      tokens: inputTokens + outputTokens,
      usd: costOf(price, { inputTokens, outputTokens, cachedInputTokens: null }),
    };
    known.set(name, estimate);
    return estimate;
  };
}

/** The sum of estimates; null where one has no price. */
export function totalUsd(estimates: readonly TrialEstimate[]): number | null {
  let sum = 0;
  for (const { usd } of estimates) {
    if (usd === null) return null;
    sum += usd;
  }
  return sum;
}
