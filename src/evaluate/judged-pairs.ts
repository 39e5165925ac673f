import { groupBy } from "../group-by.ts";
import type { CountedCalls } from "./call-ledger.ts";
import { type Judgement, judgementKey } from "./judgement.ts";
import type { JudgementLookup } from "./judgement-store.ts";
import { isFinished, type TrialLookup } from "./measured-case.ts";
import { knownOutcome, type PairOutcome, preferenceBasis } from "./pairwise-judge.ts";
import type { Plan, PlannedTrial } from "./plan.ts";
import { referenceOf } from "./reference-arm.ts";

/** One repeat of a case under head and under the arm that head is judged against. */
export interface JudgedPair {
  head: PlannedTrial;
  reference: PlannedTrial;
}

/** The pairs whose replies a judge compares: unseen cases with assertions, of the plan's trials in their order. */
export function judgedPairs(plan: Plan, planned: readonly PlannedTrial[]): JudgedPair[] {
  if (plan.judge === null) return [];
  const judged = planned.filter((trial) => trial.case.judged === true && !trial.case.seen);
  const skills = new Map(plan.skills.map((skill) => [skill.name, skill]));
  const repeats = groupBy(judged, ({ skill, student, case: { id }, identity: { repeat } }) =>
    JSON.stringify([skill, student.spec, student.version, id, repeat]),
  );
  return [...repeats.values()].flatMap((arms) => {
    const head = arms.find(({ arm }) => arm === "head");
    const skill = head && skills.get(head.skill);
    if (head === undefined || skill === undefined) return [];
    const against = referenceOf(skill, head.student);
    const reference = arms.find(({ arm }) => arm === against);
    return reference === undefined ? [] : [{ head, reference }];
  });
}

/** What there is to go by. */
export interface Known {
  results: TrialLookup;
  judgements: JudgementLookup;
  /** Of the ledgers beside the results; none where they came without. */
  calls?: CountedCalls | undefined;
}

/** What is known of a pair. */
export interface PairState {
  /** Undefined as long as it is not known. */
  outcome: PairOutcome | undefined;
  /** Judgements to be asked for, at most: replies that are still to come may be equal. */
  open: number;
  known: Judgement[];
}

/** Null replies, which finished trials do not have, cannot be compared. */
export function pairState(
  { head, reference }: JudgedPair,
  judge: string,
  { results, judgements }: Known,
): PairState {
  const [subject, other] = [results.get(head.key), results.get(reference.key)];
  if (!isFinished(subject) || !isFinished(other)) return { outcome: undefined, open: 2, known: [] };
  const [one, two] = [subject.reply_sha256, other.reply_sha256];
  if (one === null || two === null) return { outcome: undefined, open: 0, known: [] };
  if (one === two) return { outcome: "tie", open: 0, known: [] };
  const keyOf = (replies: [string, string]): string =>
    judgementKey(preferenceBasis(judge, head.case.sha256, replies));
  const keys = [keyOf([one, two]), keyOf([two, one])] as const;
  const known = keys.map((key) => judgements.get(key)).filter((found) => found !== undefined);
  return { outcome: knownOutcome(judgements, keys), open: keys.length - known.length, known };
}
