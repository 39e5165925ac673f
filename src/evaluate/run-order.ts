import { groupBy } from "../group-by.ts";
import type { PlannedTrial } from "./plan.ts";
import { seededRandom, shuffled } from "./statistics/random.ts";

/**
 * The order in which trials run: one round of all cases for each repeat, the cases of a round in random order, the arms
 * of a case one after the other in random order. So whatever changes at a provider during a run changes for all arms
 * alike, and a run that ends early has measured all cases about as often. Trials of one key are left once, at the first
 * place. The same seed gives the same order.
 */
export function runOrder(trials: readonly PlannedTrial[], seed: number): PlannedTrial[] {
  const random = seededRandom(`${seed}\0order`);
  const distinct = [...new Map(trials.map((trial) => [trial.key, trial])).values()];
  const rounds = [...groupBy(distinct, ({ identity }) => identity.repeat)].sort(([a], [b]) => a - b);
  return rounds.flatMap(([, round]) => {
    // By the case itself: two skills with one case share the trial that gives nothing.
    const blocks = groupBy(round, ({ student, identity }) =>
      JSON.stringify([student.spec, student.version, identity.case_sha256]),
    );
    return shuffled([...blocks.values()], random).flatMap((block) => shuffled(block, random));
  });
}
