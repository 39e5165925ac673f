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
}

/** `trials` are those of the plan that this run is for: all, or those of its shard. */
export function forecastOf(
  plan: Plan,
  trials: readonly PlannedTrial[],
  { results, estimate }: { results: TrialLookup; estimate: (trial: PlannedTrial) => TrialEstimate },
): Forecast {
  const distinct = [...new Map(trials.map((trial) => [trial.key, trial])).values()];
  const repeats = repeatsAtLook(plan, 1);
  const first = distinct.filter(({ identity }) => identity.repeat < repeats);
  const open = (some: readonly PlannedTrial[]): PlannedTrial[] =>
    some.filter(({ key }) => !isFinished(results.get(key)));
  const now = open(first);
  const most = open(distinct);
  return {
    skills: plan.skills.map(({ name, cases, given }) => {
      const unseen = cases.filter(({ seen }) => !seen);
      const sources = new Set(unseen.map(({ source }) => source)).size;
      const effect = detectableEffect(sources, plan.repeats, { alpha: plan.thresholds.alpha });
      return {
        name,
        cases: unseen.length,
        seen: cases.length - unseen.length,
        arms: Object.keys(given).length,
        detectable: Number.isFinite(effect) ? effect : null,
      };
    }),
    repeats,
    maxRepeats: plan.repeats,
    trials: first.length,
    known: first.length - now.length,
    calls: now.length,
    usd: totalUsd(now.map(estimate)),
    mostCalls: most.length,
    mostUsd: totalUsd(most.map(estimate)),
  };
}

/** The forecast as lines for people. */
export function forecastLines(forecast: Forecast, students: number): string[] {
  const { repeats, maxRepeats, trials, known, calls, usd, mostCalls, mostUsd } = forecast;
  const times = maxRepeats === repeats ? `${repeats}` : `${repeats} to ${maxRepeats}`;
  const skills = forecast.skills.map(({ name, cases, seen, arms, detectable }) => {
    const shown = seen === 0 ? "" : `, ${seen} more were seen and only shown`;
    const effect =
      detectable === null
        ? "too few cases to find any difference"
        : `finds a difference of ${Math.round(100 * Math.min(1, detectable))} points 4 times out of 5`;
    return `${name}: cases ${cases} × repeats ${times} × arms ${arms} × students ${students}${shown}; ${effect}.`;
  });
  const most = mostCalls === calls ? "" : `; at most ${mostCalls} calls${dollars(mostUsd)}`;
  return [
    ...skills,
    `${trials} trials, ${known} of them known: ${calls} calls to make${dollars(usd)}${most}.`,
  ];
}

function dollars(usd: number | null): string {
  return usd === null ? " (no price is known)" : `, about $${usd.toFixed(usd < 1 ? 4 : 2)}`;
}
