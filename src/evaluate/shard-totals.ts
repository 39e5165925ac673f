import { knownSum } from "./arm-figures.ts";
import type { Judgement } from "./judgement.ts";
import type { TrialLookup } from "./measured-case.ts";
import type { PlannedTrial } from "./plan.ts";

/** What a shard took, with what its judge took; its trials are distinct. US dollars are null where a cost is unknown. */
export function shardTotals(
  trials: readonly PlannedTrial[],
  results: TrialLookup,
  judgements: readonly Judgement[] = [],
): { calls: number; cost_usd: number | null; excluded: number } {
  const found = trials.map(({ key }) => results.get(key)).filter((trial) => trial !== undefined);
  const finished = found.filter(({ outcome }) => outcome !== "excluded");
  return {
    calls: [...found, ...judgements].reduce((sum, { calls }) => sum + calls, 0),
    cost_usd: knownSum([...finished, ...judgements].map((one) => one.cost_usd)),
    excluded: found.length - finished.length,
  };
}
