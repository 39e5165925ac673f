import type { Known } from "./judged-pairs.ts";
import { isFinished } from "./measured-case.ts";
import type { Plan, PlannedTrial } from "./plan.ts";
import { planCalls } from "./plan-calls.ts";

/**
 * What a shard took, with what its judge took. `own` are its trials, which are distinct, and `covered` those of the plan
 * with their keys. US dollars are null where a cost is not known.
 */
export function shardTotals(
  plan: Plan,
  { own, covered }: { own: readonly PlannedTrial[]; covered: readonly PlannedTrial[] },
  known: Known,
): { calls: number; cost_usd: number | null; finished: number; excluded: number; missing: number } {
  const found = own.map(({ key }) => known.results.get(key)).filter((trial) => trial !== undefined);
  const finished = found.filter(isFinished).length;
  const { calls, cost } = planCalls(plan, covered, known);
  return {
    calls,
    cost_usd: cost,
    finished,
    excluded: found.length - finished,
    missing: own.length - found.length,
  };
}
