import { groupBy } from "../group-by.ts";
import { type JudgedPair, type Known, pairState } from "./judged-pairs.ts";
import type { PairOutcome } from "./pairwise-judge.ts";
import { mcnemar } from "./statistics/mcnemar.ts";
import type { Arm } from "./trial.ts";

/** Whose answers a judge prefers. It stands beside a verdict and is never a part of it. */
export interface PairwiseFigures {
  judge: string;
  reference: Arm;
  /** Cases in which head was preferred in more repeats than the reference, in fewer, and in as many. */
  wins: number;
  losses: number;
  ties: number;
  /** Of the exact two-sided sign test over sources; those that are tied leave it. */
  p: number;
  /** Cases of which no repeat is judged. */
  open: number;
}

const points: Record<PairOutcome, number> = { win: 1, loss: -1, tie: 0 };

/** The figures of one skill and student from its pairs; null where none is judged. */
export function pairwiseFigures(
  pairs: readonly JudgedPair[],
  judge: string | null,
  known: Known,
): PairwiseFigures | null {
  const reference = pairs[0]?.reference.arm;
  if (judge === null || reference === undefined) return null;
  const cases = [...groupBy(pairs, ({ head }) => head.case).entries()].map(([planned, own]) => {
    const outcomes = own
      .map((pair) => pairState(pair, judge, known).outcome)
      .filter((outcome) => outcome !== undefined);
    const sum = outcomes.reduce((total, outcome) => total + points[outcome], 0);
    return { source: planned.source, isJudged: outcomes.length > 0, value: Math.sign(sum) };
  });
  const judged = cases.filter(({ isJudged }) => isJudged);
  if (judged.length === 0) return null;
  // Cases of one source are no independent witnesses.
  const sources = [...groupBy(judged, ({ source }) => source).values()].map((own) =>
    Math.sign(own.reduce((sum, { value }) => sum + value, 0)),
  );
  const count = (values: readonly number[], sign: number): number =>
    values.filter((value) => value === sign).length;
  const values = judged.map(({ value }) => value);
  return {
    judge,
    reference,
    wins: count(values, 1),
    losses: count(values, -1),
    ties: count(values, 0),
    // McNemar's exact test is the sign test of discordant pairs.
    p: mcnemar(count(sources, 1), count(sources, -1)).p,
    open: cases.length - judged.length,
  };
}
