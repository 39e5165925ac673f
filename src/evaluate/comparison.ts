import { groupBy } from "../group-by.ts";
import { perRun, knownSum, tokensOf } from "./arm-figures.ts";
import { type MeasuredCase, type Pair, pairsOf, passCount } from "./measured-case.ts";
import type { PlannedCase } from "./plan.ts";
import { geometricRatio } from "./statistics/log-ratio.ts";
import type { Interval } from "./statistics/interval.ts";
import { mcnemar, type McNemar } from "./statistics/mcnemar.ts";
import type { Random } from "./statistics/random.ts";
import type { Arm, Trial } from "./trial.ts";
import { decide, type Decision, type PairedCase, type Thresholds } from "./verdict.ts";

/** A ratio of geometric means over cases, subject / reference. */
export type Ratio = Interval & { pairs: number };

/** Two arms over the same repeats of the same cases. */
export interface Comparison {
  subject: Arm;
  reference: Arm;
  /** Two-sided error of the decision; its interval is at 1 - alpha. */
  alpha: number;
  decision: Decision;
  /** Runs of each arm. */
  pairs: number;
  /** Cases that passed only in the subject and only in the reference, with the exact test; null with repeats. */
  mcnemar: (McNemar & { gained: number; lost: number }) | null;
  /** Null where the providers say nothing. */
  tokens: Ratio | null;
  latency: Ratio | null;
}

/** Compares two arms of the same cases. Cases without a repeat that both have are left out. */
export function compare(
  cases: readonly MeasuredCase[],
  [subject, reference]: readonly [Arm, Arm],
  options: { thresholds: Thresholds; repeats: number; random: Random },
): Comparison {
  const paired = cases
    .map((one) => ({ planned: one.planned, pairs: pairsOf(one, subject, reference) }))
    .filter(({ pairs }) => pairs.length > 0);
  const ratio = (figure: (trial: Trial) => number | null): Ratio | null => {
    const value = geometricRatio(
      paired.map(({ planned, pairs }) => ({
        source: planned.source,
        with: meanOf(pairs, "subject", figure),
        without: meanOf(pairs, "reference", figure),
      })),
    );
    return value.pairs === 0 ? null : value;
  };
  return {
    subject,
    reference,
    alpha: options.thresholds.alpha,
    decision: decide(
      paired.map(({ planned, pairs }) => pairedCase(planned, pairs)),
      options.thresholds,
      options.random,
    ),
    pairs: paired.reduce((sum, { pairs }) => sum + pairs.length, 0),
    mcnemar: options.repeats === 1 ? discordant(paired.flatMap(({ pairs }) => pairs)) : null,
    tokens: ratio(tokensOf),
    latency: ratio((trial) => trial.latency_ms),
  };
}

/** A case as a verdict takes it. */
export function pairedCase(
  { id, source, must_pass: mustPass }: PlannedCase,
  pairs: readonly Pair[],
): PairedCase {
  const runs = pairs.length;
  return {
    id,
    source,
    subject: { passed: passCount(pairs.map((pair) => pair.subject)), runs },
    reference: { passed: passCount(pairs.map((pair) => pair.reference)), runs },
    mustPass,
  };
}

/** NaN, which a ratio passes over, where a figure is unknown. */
function meanOf(
  pairs: readonly Pair[],
  side: "subject" | "reference",
  figure: (trial: Trial) => number | null,
): number {
  return perRun(knownSum(pairs.map((pair) => figure(pair[side]))), pairs.length) ?? Number.NaN;
}

function discordant(pairs: readonly Pair[]): McNemar & { gained: number; lost: number } {
  const kinds = groupBy(pairs, ({ subject, reference }) => `${subject.outcome} ${reference.outcome}`);
  const gained = kinds.get("passed failed")?.length ?? 0;
  const lost = kinds.get("failed passed")?.length ?? 0;
  return { ...mcnemar(gained, lost), gained, lost };
}
