import { priceOfCall } from "../models/budget.ts";
import { costOf, type PriceTable } from "../models/prices.ts";
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
export const assumedAnswer = 500;

/**
 * Estimates trials from their requests alone, so that every shard of a run comes to the same figures whatever results
 * it has at hand. `isBatched` tells which of them have the price of a batch.
 */
export function trialEstimates(
  materialOf: (trial: PlannedTrial) => TrialMaterial,
  prices: PriceTable | undefined,
  isBatched: (trial: PlannedTrial) => boolean = () => false,
): (trial: PlannedTrial) => TrialEstimate {
  const known = new Map<string, TrialEstimate>();
  return (trial) => {
    const { student, identity } = trial;
    // All repeats of a case in an arm send the same.
    const name = JSON.stringify([
      student.spec,
      identity.measurement,
      identity.case_sha256,
      identity.given_sha256,
    ]);
    const found = known.get(name);
    if (found) return found;
    const material = materialOf(trial);
    const inputTokens = estimateTokens(textOf(material));
    const outputTokens = Math.min(assumedAnswer, identity.sampling.max_output_tokens ?? assumedAnswer);
    const spec = parseModelSpec(student.spec);
    const model = "model" in spec ? spec.model : student.spec;
    const price = priceOfCall(prices, { spec: student.spec, model, isBatched: isBatched(trial) });
    const usdPerRun = material.runner === "command" ? material.agent.settings["usd-per-run"] : undefined;
    const estimate = {
      tokens: inputTokens + outputTokens,
      usd: usdPerRun ?? costOf(price, { inputTokens, outputTokens, cachedInputTokens: null }),
    };
    known.set(name, estimate);
    return estimate;
  };
}

/** All that a student reads. What an agent does on its way cannot be known. */
function textOf(material: TrialMaterial): string {
  const { request, given } = material;
  if (material.runner === "chat") return `${material.request.system}${request.prompt}`;
  return [request.prompt, given?.body ?? "", ...material.case.files.values()].join("");
}

/** The sum of estimates; null where one has no price. */
export function totalUsd(estimates: readonly Pick<TrialEstimate, "usd">[]): number | null {
  let sum = 0;
  for (const { usd } of estimates) {
    if (usd === null) return null;
    sum += usd;
  }
  return sum;
}
