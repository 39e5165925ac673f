import { costOf, priceOf, type PriceTable } from "../models/prices.ts";
import { parseModelSpec } from "../models/spec.ts";
import { estimateTokens } from "../skills/text-size.ts";
import { assertionPrompt, assertionSystem } from "./assertion-prompt.ts";
import { judgedPairs, type Known, pairState } from "./judged-pairs.ts";
import { isFinished } from "./measured-case.ts";
import type { Plan, PlannedTrial } from "./plan.ts";
import { referenceOf } from "./reference-arm.ts";
import type { SuiteCase } from "./suite.ts";
import { assumedAnswer, totalUsd, type TrialEstimate } from "./trial-estimate.ts";

/** What a judge has to do for some trials. */
export interface JudgeForecast {
  /** At most, and without the failed ones. */
  calls: number;
  /** US dollars; null without a price. */
  usd: number | null;
}

/** Of the answer of a judge, in tokens: about one assertion, and about two replies. */
const findingTokens = 80;
const preferenceTokens = 100;

interface JudgeEstimates {
  /** One question about the reply of a trial. */
  assertions: (trial: PlannedTrial) => TrialEstimate;
  /** One question about a pair of replies to its case. */
  preference: (trial: PlannedTrial) => TrialEstimate;
}

function judgeEstimates(
  judge: string,
  caseOf: (trial: PlannedTrial) => SuiteCase,
  prices: PriceTable | undefined,
): JudgeEstimates {
  const spec = parseModelSpec(judge);
  const price = priceOf(prices, judge, "model" in spec ? spec.model : judge);
  const estimate = (inputTokens: number, outputTokens: number): TrialEstimate => ({
    tokens: inputTokens + outputTokens,
    usd: costOf(price, { inputTokens, outputTokens, cachedInputTokens: null }),
  });
  const known = new Map<string, { prompt: number; assertions: number }>();
  const sizes = (trial: PlannedTrial): { prompt: number; assertions: number } => {
    const found = known.get(trial.case.sha256);
    if (found) return found;
    const one = caseOf(trial);
    const prompt = estimateTokens(assertionSystem) + estimateTokens(assertionPrompt(one, "").text);
    const made = { prompt, assertions: one.assertions.length };
    known.set(trial.case.sha256, made);
    return made;
  };
  return {
    assertions(trial) {
      const { prompt, assertions } = sizes(trial);
      return estimate(prompt + assumedAnswer, findingTokens * assertions);
    },
    preference(trial) {
      return estimate(sizes(trial).prompt + 2 * assumedAnswer, preferenceTokens);
    },
  };
}

export interface JudgeWork {
  /** What is still to be judged for these trials of the plan. */
  forecast(trials: readonly PlannedTrial[], known: Known): JudgeForecast;
  /** A trial with its share of the judge's work, whatever is known: every shard comes to the same. */
  withJudge(trial: PlannedTrial, estimate: TrialEstimate): TrialEstimate;
}

/** The work of a plan's judge; `planned` are all trials of the plan. Undefined without a judge. */
export function judgeWork(
  plan: Plan,
  planned: readonly PlannedTrial[],
  options: { caseOf: (trial: PlannedTrial) => SuiteCase; prices: PriceTable | undefined },
): JudgeWork | undefined {
  const { judge } = plan;
  if (judge === null) return undefined;
  const estimates = judgeEstimates(judge, options.caseOf, options.prices);
  const pairs = judgedPairs(plan, planned);
  const skills = new Map(plan.skills.map((skill) => [skill.name, skill]));
  return {
    forecast(trials, known) {
      const keys = new Set(trials.map(({ key }) => key));
      const replies = [...new Map(trials.map((trial) => [trial.key, trial])).values()].filter(
        (trial) => trial.case.judged === true && !isFinished(known.results.get(trial.key)),
      );
      const orders = pairs
        .filter(({ head, reference }) => keys.has(head.key) && keys.has(reference.key))
        .flatMap((pair) => Array.from({ length: pairState(pair, judge, known).open }, () => pair.head));
      return {
        calls: replies.length + orders.length,
        usd: totalUsd([...replies.map(estimates.assertions), ...orders.map(estimates.preference)]),
      };
    },
    withJudge(trial, estimate) {
      if (trial.case.judged !== true) return estimate;
      const skill = skills.get(trial.skill);
      const isCompared =
        trial.arm === "head" &&
        !trial.case.seen &&
        skill !== undefined &&
        referenceOf(skill, trial.student) !== undefined;
      const order = estimates.preference(trial);
      const parts = [estimate, estimates.assertions(trial), ...(isCompared ? [order, order] : [])];
      return { tokens: parts.reduce((sum, { tokens }) => sum + tokens, 0), usd: totalUsd(parts) };
    },
  };
}
