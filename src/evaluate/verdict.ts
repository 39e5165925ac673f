import {
  type CaseDifference,
  clusterSums,
  type ClusterT,
  clusterT,
  tInterval,
} from "./statistics/cluster-t.ts";
import type { Interval } from "./statistics/interval.ts";
import { isProven, type MustPassFigures, mustPassFigures, withRuns } from "./must-pass.ts";
import { standardDeviation } from "./statistics/bootstrap.ts";
import { mean } from "./statistics/normal.ts";
import type { Random } from "./statistics/random.ts";
import { signFlip } from "./statistics/sign-flip.ts";
import { tQuantile } from "./statistics/student-t.ts";

export const verdicts = ["better", "no worse", "worse", "cannot tell"] as const;
export type Verdict = (typeof verdicts)[number];

/** How often a case passed in an arm, over the repeats that both arms have. */
export interface Passes {
  passed: number;
  runs: number;
}

/** One case in two arms. Both have the same number of runs: a run that failed for outside reasons leaves both. */
export interface PairedCase {
  id: string;
  /** What it shares with other cases, such as an operator; its own id where it shares nothing. */
  source: string;
  /** The arm that is judged, and the one it is compared with. */
  subject: Passes;
  reference: Passes;
  mustPass: boolean;
}

/** All as shares of 1: 0.1 is ten points. */
export interface Thresholds {
  /** Two-sided error of "better" and of "worse". */
  alpha: number;
  /** A loss this large would matter: "no worse" excludes it. */
  margin: number;
  /** A gain has to be this large to be called one. */
  minimumEffect: number;
}

export const defaultThresholds: Thresholds = { alpha: 0.05, margin: 0.1, minimumEffect: 0.05 };

/**
 * With fewer sources than this, an interval of a mean is shown and nothing rests on it: only the exact test decides.
 * Sources count by their weight, to the nearest whole number: one with 30 cases beside seven with one are hardly two.
 */
export const leastClusters = 8;

export interface Decision {
  verdict: Verdict;
  /** Subject - reference, with the two-sided interval at 1 - alpha. Unbounded with fewer than two sources. */
  difference: Interval;
  /** Of the exact sign-flip test over sources, two-sided. */
  p: number;
  cases: number;
  sources: number;
  /** How many sources with equally many cases weigh as much. */
  effectiveSources: number;
  /** Whether the mean shows a loss, whatever the must-pass cases say. */
  isWorseOnAverage: boolean;
  mustPass: MustPassFigures;
  /** Further runs, over both arms, that would decide if what was seen is true; 0 when decided, null when none would. */
  needed: number | null;
}

/**
 * The verdict on paired cases. Better: a gain of at least the minimum that is no chance by the exact test, and from 8
 * sources on by the interval as well. Worse: the same for a loss of any size, or a must-pass case that was lost by no
 * chance; each of the two errs in half of alpha. No worse: at least 8 sources and the one-sided bound at 1 - alpha above
 * minus the margin. Otherwise nobody can tell yet, nor where a must-pass case may be lost. Repeats are never cases: each
 * case enters once, as a difference of rates.
 */
export function decide(cases: readonly PairedCase[], thresholds: Thresholds, random: Random): Decision {
  const differences = cases.map(({ source, subject, reference }): CaseDifference => ({
    source,
    value: rate(subject) - rate(reference),
  }));
  const estimate = cautious(clusterT(differences), cases);
  const difference = tInterval(estimate, 1 - thresholds.alpha);
  const { pTwoSided: p } = signFlip([...clusterSums(differences).values()], random);
  const mustPass = mustPassFigures(cases);
  const onAverage = verdictOnAverage(estimate, p, thresholds);
  const verdict = withMustPass(onAverage, mustPass, thresholds);
  return {
    verdict,
    difference,
    p,
    cases: cases.length,
    sources: estimate.clusters,
    effectiveSources: estimate.effectiveClusters,
    isWorseOnAverage: onAverage === "worse",
    mustPass,
    needed: verdict === "cannot tell" ? runsNeeded(cases, { estimate, mustPass }, thresholds) : 0,
  };
}

function withMustPass(onAverage: Verdict, { losses }: MustPassFigures, { alpha }: Thresholds): Verdict {
  if (onAverage === "worse" || losses.some((loss) => isProven(loss, alpha))) return "worse";
  return losses.length > 0 ? "cannot tell" : onAverage;
}

function verdictOnAverage(
  estimate: ClusterT,
  p: number,
  { alpha, margin, minimumEffect }: Thresholds,
): Verdict {
  const { low, high } = tInterval(estimate, 1 - alpha);
  const isWide = isEnough(estimate.effectiveClusters);
  const isNoChance = p <= alpha;
  if (estimate.mean < 0 && isNoChance && (!isWide || high < 0)) return "worse";
  // Rates are multiples of a step, and a gain of just the minimum must not fail by rounding.
  const isLarge = estimate.mean >= minimumEffect - 1e-9;
  if (isLarge && estimate.mean > 0 && isNoChance && (!isWide || low > 0)) return "better";
  if (isWide && tInterval(estimate, 1 - 2 * alpha).low > -margin) return "no worse";
  return "cannot tell";
}

/** Whether an interval over sources that weigh as much as so many equal ones can carry a verdict. */
export function isEnough(effectiveSources: number): boolean {
  return Math.round(effectiveSources) >= leastClusters;
}

/**
 * The standard error, but never less than the runs alone leave open. Where every case passed in both arms the
 * differences do not vary at all, and yet a handful of runs cannot exclude a loss: each rate is taken as (passed + 1) /
 * (runs + 2) (Laplace) for the variance of its runs, and a source counts as one case, since its cases can be lost
 * together. Degrees of freedom are those of as many equal sources as these weigh (Carter, Schnepel and Steigerwald 2017).
 */
function cautious(estimate: ClusterT, cases: readonly PairedCase[]): ClusterT {
  const { effectiveClusters } = estimate;
  const variance = mean(cases.map(({ subject, reference }) => noise(subject) + noise(reference)));
  const floor = Math.sqrt(variance / effectiveClusters);
  return {
    ...estimate,
    standardError: Math.max(estimate.standardError, floor),
    df: effectiveClusters - 1,
  };
}

function noise({ passed, runs }: Passes): number {
  const smoothed = (passed + 1) / (runs + 2);
  return runs === 0 ? 0 : (smoothed * (1 - smoothed)) / runs;
}

function rate({ passed, runs }: Passes): number {
  return passed / runs;
}

/** More repeats or more cases than this are not proposed. */
export const mostRepeats = 100;
const mostCases = 2_000;

/**
 * Runs to add until the verdict would not be open any more, if the mean and the variances stay as they are: more
 * repeats of the same cases where that is enough, else more cases of further sources. Where a must-pass case leaves it
 * open, more repeats until that loss is proven.
 */
function runsNeeded(
  cases: readonly PairedCase[],
  { estimate, mustPass }: { estimate: ClusterT; mustPass: MustPassFigures },
  thresholds: Thresholds,
): number | null {
  const n = cases.length;
  if (n === 0) return null;
  if (mustPass.losses.length > 0) return runsToProve(cases, mustPass, thresholds);
  const { mean: value, effectiveClusters } = estimate;
  const repeats = Math.max(1, Math.round(mean(cases.map(({ subject }) => subject.runs))));
  const within = mean(cases.map(({ subject, reference }) => (spread(subject) + spread(reference)) / 2));
  const seen = standardDeviation(cases.map(({ subject, reference }) => rate(subject) - rate(reference)));
  const between = Number.isNaN(seen) ? 0.04 : Math.max(0, seen * seen - (2 * within) / repeats);
  // Further sources of one case each: sum n and sum n^2 grow alike.
  const sourcesOf = (count: number): number => count ** 2 / (n ** 2 / effectiveClusters + count - n);
  const wouldDecide = (count: number, times: number): boolean => {
    const sources = sourcesOf(count);
    if (!isEnough(sources)) return false;
    const error = Math.sqrt((between + (2 * within) / times) / sources);
    const { alpha, margin, minimumEffect } = thresholds;
    const twoSided = tQuantile(1 - alpha / 2, sources - 1) * error;
    if (value >= minimumEffect && value > twoSided) return true;
    if (value < 0 && value < -twoSided) return true;
    return value - tQuantile(1 - alpha, sources - 1) * error > -margin;
  };
  const times = smallest(repeats + 1, mostRepeats, (count) => wouldDecide(n, count));
  if (times !== null) return 2 * n * (times - repeats);
  const count = smallest(n + 1, mostCases, (many) => wouldDecide(many, repeats));
  return count === null ? null : 2 * repeats * (count - n);
}

/** More repeats of all cases until the clearest loss would be proven. */
function runsToProve(
  cases: readonly PairedCase[],
  { losses }: MustPassFigures,
  { alpha }: Thresholds,
): number | null {
  const [clearest] = losses.toSorted((a, b) => a.p * (1 + a.rivals) - b.p * (1 + b.rivals));
  const one = cases.find(({ id }) => id === clearest?.id);
  if (clearest === undefined || one === undefined) return null;
  const { runs } = one.subject;
  const times = smallest(runs + 1, mostRepeats, (count) => isProven(withRuns(one, clearest, count), alpha));
  return times === null ? null : 2 * cases.length * (times - runs);
}

/** The smallest whole number in the range for which a condition holds that, once true, stays true; null without one. */
function smallest(from: number, to: number, holds: (value: number) => boolean): number | null {
  if (from > to || !holds(to)) return null;
  let low = from;
  let high = to;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return high;
}

/** Variance of one run, without bias; as for rates spread evenly where a case ran once. */
function spread({ passed, runs }: Passes): number {
  if (runs < 2) return 1 / 6;
  const share = passed / runs;
  return (runs / (runs - 1)) * share * (1 - share);
}
