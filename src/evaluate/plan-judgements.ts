import { assertionBasis } from "./assertion-judge.ts";
import { judgedPairs, type Known, pairState } from "./judged-pairs.ts";
import { type Judgement, judgementKey } from "./judgement.ts";
import type { Plan, PlannedTrial } from "./plan.ts";

/** The judgements that were made for these trials of a plan, each once. */
export function judgementsOf(plan: Plan, planned: readonly PlannedTrial[], known: Known): Judgement[] {
  const { judge } = plan;
  if (judge === null) return [];
  const found = new Map<string, Judgement>();
  const take = (judgement: Judgement | undefined): void => {
    if (judgement !== undefined) found.set(judgement.key, judgement);
  };
  for (const { key, case: one } of planned) {
    const reply = one.judged === true ? known.results.get(key)?.reply_sha256 : undefined;
    if (typeof reply !== "string") continue;
    take(known.judgements.get(judgementKey(assertionBasis(judge, one.sha256, reply))));
  }
  for (const pair of judgedPairs(plan, planned)) pairState(pair, judge, known).known.forEach(take);
  return [...found.values()];
}
