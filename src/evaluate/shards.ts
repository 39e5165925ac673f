import { usageFailure } from "../failure.ts";
import { groupBy } from "../group-by.ts";
import type { JudgeForecast } from "./judge-forecast.ts";
import { isFinished, type TrialLookup } from "./measured-case.ts";
import type { PlannedTrial } from "./plan.ts";
import { totalUsd, type TrialEstimate } from "./trial-estimate.ts";

/** A matrix of GitHub Actions makes at most so many jobs. */
export const mostShards = 256;
/** Without a wish, a shard gets about so many calls. */
const callsPerShard = 1_000;

/** One of several parts of a run; `index` from 1. */
export interface Shard {
  index: number;
  count: number;
}

/** For `strategy.matrix` of a workflow. */
export interface ShardMatrix {
  include: {
    shard: string;
    labels: string[];
    calls: number;
    cost_usd: number | null;
  }[];
}

/** Parses `i/n`. Throws `Failure` (exit code 2). */
export function parseShard(text: string): Shard {
  const [, index = 0, count = 0] = (/^(\d{1,3})\/(\d{1,3})$/.exec(text) ?? []).map(Number);
  if (index >= 1 && index <= count && count <= mostShards) return { index, count };
  throw usageFailure(
    `${JSON.stringify(text)} is no shard.`,
    `Write --shard i/n, such as 2/7, with n at most ${mostShards}.`,
  );
}

/** The name that a shard writes its results under. */
export function shardWriter({ index, count }: Shard): string {
  return `shard-${index}-of-${count}`;
}

/**
 * Deals trials out to shards of about equal cost: the dearest case first, each to the shard that has least so far. All
 * trials of a case stay together, so that its arms run close to each other. It depends on the plan alone: every shard
 * comes to the same, and all of them together hold every trial once.
 */
export function dealOut(
  trials: readonly PlannedTrial[],
  count: number,
  estimate: (trial: PlannedTrial) => TrialEstimate,
): PlannedTrial[][] {
  const distinct = [...new Map(trials.map((trial) => [trial.key, trial])).values()];
  const isPriced = distinct.every((trial) => estimate(trial).usd !== null);
  const weight = (trial: PlannedTrial): number => {
    const { usd, tokens } = estimate(trial);
    return isPriced && usd !== null ? usd : tokens;
  };
  const cases = [...groupBy(distinct, ({ identity }) => identity.case_sha256)]
    .map(([digest, own]) => ({ digest, own, cost: own.reduce((sum, trial) => sum + weight(trial), 0) }))
    .sort((a, b) => b.cost - a.cost || (a.digest < b.digest ? -1 : 1));
  const shards = Array.from({ length: count }, () => ({ cost: 0, trials: [] as PlannedTrial[] }));
  for (const { own, cost } of cases) {
    let least = shards[0];
    for (const shard of shards) if (least === undefined || shard.cost < least.cost) least = shard;
    if (least === undefined) break;
    least.cost += cost;
    least.trials.push(...own);
  }
  return shards.map((shard) => shard.trials);
}

/** The trials of the plan with the keys of a part: those that give the same stand for each other in a shard. */
export function coveredBy(part: readonly PlannedTrial[], trials: readonly PlannedTrial[]): PlannedTrial[] {
  const keys = new Set(part.map(({ key }) => key));
  return trials.filter(({ key }) => keys.has(key));
}

/** How many shards a run gets that asks for no number. */
export function defaultShards(trials: readonly PlannedTrial[]): number {
  const keys = new Set(trials.map(({ key }) => key));
  return Math.min(mostShards, Math.max(1, Math.ceil(keys.size / callsPerShard)));
}

/** The jobs of a run. Shards whose trials are all known are left out, but for one: no matrix may be empty. */
export function shardMatrix(
  trials: readonly PlannedTrial[],
  options: {
    count: number;
    labels: readonly string[];
    results: TrialLookup;
    estimate: (trial: PlannedTrial) => TrialEstimate;
    /** What trials leave to a judge. */
    judge?: ((trials: readonly PlannedTrial[]) => JudgeForecast) | undefined;
    /** What shards are balanced by, where it is not the estimate alone. */
    load?: ((trial: PlannedTrial) => TrialEstimate) | undefined;
  },
): ShardMatrix {
  const { count, labels, results, estimate, load = estimate } = options;
  const { judge = () => ({ calls: 0, usd: 0 }) } = options;
  const jobs = dealOut(trials, count, load).map((own, index) => {
    const open = own.filter(({ key }) => !isFinished(results.get(key)));
    const judged = judge(own);
    return {
      shard: `${index + 1}/${count}`,
      labels: [...labels],
      calls: open.length + judged.calls,
      // Without a price there are no dollars, also where nothing is left to call.
      cost_usd: own.every((trial) => estimate(trial).usd !== null)
        ? totalUsd([...open.map(estimate), judged])
        : null,
    };
  });
  const needed = jobs.filter(({ calls }) => calls > 0);
  return { include: needed.length > 0 ? needed : jobs.slice(0, 1) };
}
