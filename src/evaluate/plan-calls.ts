import { knownSum } from "./arm-figures.ts";
import { noCalls } from "./call-ledger.ts";
import type { Known } from "./judged-pairs.ts";
import { isFinished } from "./measured-case.ts";
import type { Plan, PlannedTrial } from "./plan.ts";
import { judgementsOf } from "./plan-judgements.ts";

/** What trials took in all runs. */
export interface PlanCalls {
  /** Requests that reached a provider: to students and to the judge, repeated and failed ones included. */
  calls: number;
  judgeCalls: number;
  /** US dollars; null where the price of an answer is not known, and where no answer was paid for. */
  cost: number | null;
}

/**
 * The calls for these trials of a plan, by the ledger beside the results, which also has those that came to nothing. Of
 * results that came without their ledger, those that the results tell of.
 */
export function planCalls(
  plan: Plan,
  planned: readonly PlannedTrial[],
  { results, judgements, calls: counted = noCalls }: Known,
): PlanCalls {
  const keys = new Set(planned.map(({ key }) => key));
  const costs: (number | null)[] = [];
  let toStudents = 0;
  for (const key of keys) {
    const trial = results.get(key);
    const known = counted.students.get(key);
    toStudents += Math.max(known?.calls ?? 0, trial?.calls ?? 0);
    costs.push(...(known?.costs ?? []));
    // An agent may cost what nobody tells. A failed call is not charged as a rule, and nobody says what it cost.
    const isUntold = isFinished(trial) && trial.cost_usd === null;
    if (isUntold) costs.push(null);
    else if ((known?.costs ?? []).length === 0 && trial !== undefined && trial.cost_usd !== null)
      costs.push(trial.cost_usd);
  }
  let toJudge = 0;
  const made = new Map(
    judgementsOf(plan, planned, { results, judgements }).map((judgement) => [judgement.key, judgement]),
  );
  const ofPlan = [...counted.judge].filter(
    ([key, { trials }]) => made.has(key) || [...trials].some((trial) => keys.has(trial)),
  );
  for (const key of [...new Set([...made.keys(), ...ofPlan.map(([one]) => one)])].sort()) {
    const judgement = made.get(key);
    const known = counted.judge.get(key);
    toJudge += Math.max(known?.calls ?? 0, judgement?.calls ?? 0);
    if (known !== undefined && known.costs.length > 0) costs.push(...known.costs);
    else if (judgement !== undefined) costs.push(judgement.cost_usd);
  }
  return {
    calls: toStudents + toJudge,
    judgeCalls: toJudge,
    cost: costs.length === 0 ? null : knownSum(costs),
  };
}
