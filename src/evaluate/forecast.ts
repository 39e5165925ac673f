import type { JudgeForecast } from "./judge-forecast.ts";
import { isFinished, type TrialLookup } from "./measured-case.ts";
import { repeatsAtLook } from "./looks.ts";
import type { Plan, PlannedTrial } from "./plan.ts";
import { detectableEffect } from "./statistics/power.ts";
import { totalUsd, type TrialEstimate } from "./trial-estimate.ts";

/** What a run will take, told before its first call. */
export interface Forecast {
  skills: {
    name: string;
    /** Those that count, and those that are only shown because the skill was distilled from them. */
    cases: number;
    seen: number;
    /** Queries that should make a student choose the skill, or should not. */
    triggers: number;
    arms: number;
    /** The smallest difference that is found 4 times out of 5, as a share of 1; null for fewer than two sources. */
    detectable: number | null;
  }[];
  /** At the first look, and at most. */
  repeats: number;
  maxRepeats: number;
  /** Distinct trials at the first look, and those of them that have a result already. */
  trials: number;
  known: number;
  /** Calls without the failed ones, and US dollars (null without a price): at the first look, and at most. */
  calls: number;
  usd: number | null;
  mostCalls: number;
  mostUsd: number | null;
  /** Those of the calls at the first look that a judge gets. */
  judgeCalls: number;
}

/**
 * `trials` are those of the plan that this run is for: all, or those of its shard; `judge` says what they leave to a judge.
 */
export function forecastOf(
  plan: Plan,
  trials: readonly PlannedTrial[],
  options: {
    results: TrialLookup;
    estimate: (trial: PlannedTrial) => TrialEstimate;
    judge?: ((trials: readonly PlannedTrial[]) => JudgeForecast) | undefined;
  },
): Forecast {
  const { results, estimate, judge = () => ({ calls: 0, usd: 0 }) } = options;
  const distinct = [...new Map(trials.map((trial) => [trial.key, trial])).values()];
  const repeats = repeatsAtLook(plan, 1);
  const first = distinct.filter(({ identity }) => identity.repeat < repeats);
  const open = (some: readonly PlannedTrial[]): PlannedTrial[] =>
    some.filter(({ key }) => !isFinished(results.get(key)));
  const now = open(first);
  const most = open(distinct);
  // What is not called costs nothing, but no price is not a price of nothing.
  const isPriced = distinct.every((trial) => estimate(trial).usd !== null);
  const usdOf = (calls: readonly PlannedTrial[], judged: JudgeForecast): number | null =>
    isPriced ? totalUsd([...calls.map(estimate), judged]) : null;
  const judgedNow = judge(first);
  const judgedMost = judge(distinct);
  return {
    skills: plan.skills.map(({ name, cases, given: arms }) => {
      const given = cases.filter(({ measurement }) => measurement === "capability");
      const unseen = given.filter(({ seen }) => !seen);
      const sources = new Set(unseen.map(({ source }) => source)).size;
      const effect = detectableEffect(sources, plan.repeats, { alpha: plan.thresholds.alpha });
      return {
        name,
        cases: unseen.length,
        seen: given.length - unseen.length,
        triggers: cases.length - given.length,
        arms: Object.keys(arms).length,
        detectable: Number.isFinite(effect) ? effect : null,
      };
    }),
    repeats,
    maxRepeats: plan.repeats,
    trials: first.length,
    known: first.length - now.length,
    calls: now.length + judgedNow.calls,
    usd: usdOf(now, judgedNow),
    mostCalls: most.length + judgedMost.calls,
    mostUsd: usdOf(most, judgedMost),
    judgeCalls: judgedNow.calls,
  };
}

/** The forecast as lines for people. */
export function forecastLines(forecast: Forecast, students: number): string[] {
  const { repeats, maxRepeats, trials, known, calls, usd, mostCalls, mostUsd, judgeCalls } = forecast;
  const times = maxRepeats === repeats ? `${repeats}` : `${repeats} to ${maxRepeats}`;
  const skills = forecast.skills.map(({ name, cases, seen, triggers, arms, detectable }) => {
    const shown = seen === 0 ? "" : `, ${seen} more were seen and only shown`;
    const effect =
      detectable === null
        ? "too few cases to find any difference"
        : `finds a difference of ${Math.round(100 * Math.min(1, detectable))} points 4 times out of 5`;
    const choice = triggers === 0 ? "" : ` Also ${triggers} trigger queries.`;
    return `${name}: cases ${cases} × repeats ${times} × arms ${arms} × students ${students}${shown}; ${effect}.${choice}`;
  });
  const judged = judgeCalls === 0 ? "" : `, at most ${judgeCalls} of them to the judge`;
  const most = mostCalls === calls ? "" : `; at most ${mostCalls} calls${dollars(mostUsd)}`;
  const cost = calls === 0 ? "" : dollars(usd);
  return [
    ...skills,
    `${trials} trials, ${known} of them known: ${calls} calls to make${judged}${cost}${most}.`,
  ];
}

function dollars(usd: number | null): string {
  if (usd === null) return " (price not known)";
  return usd === 0 ? ", for $0" : `, about $${usd.toFixed(usd < 1 ? 4 : 2)}`;
}
