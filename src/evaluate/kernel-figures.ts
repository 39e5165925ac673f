import { knownSum, perRun, tokensOf } from "./arm-figures.ts";
import type { DuelOutcome } from "./kernel-duel-file.ts";
import type { KernelOutcome } from "./kernel-outcome.ts";
import { finishedRuns, type Measured, type MeasuredCase, pairsOf } from "./measured-case.ts";
import { type CaseDifference, clusterSums } from "./statistics/cluster-t.ts";
import type { Interval } from "./statistics/interval.ts";
import { geometricMean, geometricRatio, type RatioPair } from "./statistics/log-ratio.ts";
import { mean } from "./statistics/normal.ts";
import type { Random } from "./statistics/random.ts";
import { signFlip } from "./statistics/sign-flip.ts";
import type { Arm, Trial } from "./trial.ts";

/** fast_p counts what is correct and more than p times as fast as the reference. fast_0 is the rate of the correct. */
export const fastLevels = [0, 1, 1.5, 2] as const;

export interface KernelArm {
  /** Runs over all cases, failures included. */
  runs: number;
  /** Means of the cases' rates, as shares of 1. */
  compiled: number;
  /** In the order of `fastLevels`; null above 0 where nothing was timed. */
  fast: (number | null)[];
  /** Of the cases that are correct in both arms; null without any. */
  speedup: number | null;
  /** Answers of one run, with those that were corrected. */
  answersPerRun: number;
  tokensPerRun: number | null;
  costPerRun: number | null;
  deviceSeconds: number;
}

export type SpeedVerdict = "faster" | "slower" | "no difference shown";

export interface KernelSpeed {
  /** Time of the reference's kernels / time of the subject's: geometric mean over cases, with its interval. */
  ratio: Interval;
  /** Cases that are correct in both arms, and those of them whose best kernels were timed against each other. */
  cases: number;
  duels: number;
  /** Of the sign-flip test on logarithms, over sources, two-sided. */
  p: number;
  verdict: SpeedVerdict;
}

/** What the kernels of one skill and student came to. */
export interface KernelFigures {
  /** Where they were measured; more than one device cannot be compared. */
  devices: { kind: "cpu" | "cuda"; name: string }[];
  /** The harnesses that measured them, by digest. */
  harnesses: string[];
  cases: number;
  arms: ReadonlyMap<Arm, KernelArm>;
  /** Null where no case is correct in both arms, or devices differ. */
  speed: KernelSpeed | null;
}

/** The same kernel twice differs by so much (`docs/benchmarks` has the measurements): less is called no difference. */
const timerNoise = { cpu: 0.1, cuda: 0.03 } as const;

/**
 * The kernel figures over cases that count for the verdict; null without any. `compared` are the arm that is judged and
 * the one it stands against.
 */
export function kernelFigures(
  { cases, skill, student }: Measured,
  compared: readonly [Arm, Arm] | undefined,
  options: {
    runsOf: (one: MeasuredCase, arm: Arm) => readonly Trial[];
    duels: readonly DuelOutcome[];
    alpha: number;
    random: Random;
  },
): KernelFigures | null {
  const kernels = cases.filter(({ planned }) => planned.kernel !== undefined);
  const measuredArms = [...new Set(kernels.flatMap((one) => [...one.arms.keys()]))];
  const runs = measuredArms.flatMap((arm) => kernels.flatMap((one) => options.runsOf(one, arm)));
  const outcomes = runs.flatMap(({ kernel }) => (kernel === undefined ? [] : [kernel]));
  if (outcomes.length === 0) return null;
  const devices = distinct(
    outcomes.flatMap(({ device }) => (device === null ? [] : [device])),
    ({ kind, name }) => `${kind} ${name}`,
  );
  const both = compared === undefined ? [] : kernels.flatMap((one) => speedsOf(one, compared));
  const speedups = new Map<Arm, number | null>();
  if (compared !== undefined) {
    for (const [side, arm] of compared.entries()) {
      const own = both.map((one) => (side === 0 ? one.subject : one.reference));
      speedups.set(arm, own.length === 0 ? null : geometricMean(own));
    }
  }
  const own = new Map(
    options.duels
      .filter((duel) => duel.skill === skill.name && duel.student === student.spec)
      .filter((duel) => compared !== undefined && isOfCases(duel, kernels, compared))
      .map((duel) => [duel.case, duel.ratio.median]),
  );
  return {
    devices,
    harnesses: [...new Set(outcomes.flatMap((one) => one.harness_sha256 ?? []))].sort(),
    cases: kernels.length,
    arms: new Map(
      measuredArms.map((arm): [Arm, KernelArm] => [
        arm,
        kernelArm(
          kernels.map((one) => options.runsOf(one, arm)),
          speedups.get(arm) ?? null,
        ),
      ]),
    ),
    speed:
      devices.length === 1 && both.length > 0 ? speedOf(both, own, devices[0]?.kind ?? "cpu", options) : null,
  };
}

function kernelArm(runsOfCases: readonly (readonly Trial[])[], speedup: number | null): KernelArm {
  const cases = runsOfCases.filter((runs) => runs.length > 0);
  const runs = cases.flat();
  const share = (isSo: (kernel: KernelOutcome) => boolean): number =>
    mean(
      cases.map(
        (own) => own.filter(({ kernel }) => kernel !== undefined && isSo(kernel)).length / own.length,
      ),
    );
  const correct = runs.filter(({ kernel }) => kernel?.verdict === "correct");
  const isTimed = correct.length === 0 || correct.some(({ kernel }) => kernel?.speedup !== null);
  const kernels = runs.flatMap(({ kernel }) => kernel ?? []);
  return {
    runs: runs.length,
    compiled: cases.length === 0 ? 0 : share(({ compiled }) => compiled),
    fast: fastLevels.map((level) => {
      if (cases.length === 0) return null;
      if (level === 0) return share(({ verdict }) => verdict === "correct");
      return isTimed
        ? share(({ verdict, speedup: own }) => verdict === "correct" && (own?.median ?? 0) > level)
        : null;
    }),
    speedup,
    answersPerRun:
      perRun(
        kernels.reduce((sum, { answers }) => sum + answers, 0),
        kernels.length,
      ) ?? 0,
    tokensPerRun: perRun(knownSum(runs.map(tokensOf)), runs.length),
    costPerRun: perRun(knownSum(runs.map(({ cost_usd }) => cost_usd)), runs.length),
    deviceSeconds: kernels.reduce((sum, { device_seconds }) => sum + device_seconds, 0),
  };
}

/** Whether both kernels of a duel are correct ones of these cases: one of other kernels says nothing about them. */
function isOfCases(
  duel: DuelOutcome,
  cases: readonly MeasuredCase[],
  [subject, reference]: readonly [Arm, Arm],
): boolean {
  const one = cases.find(({ planned }) => planned.sha256 === duel.case);
  const wrote = (arm: Arm, digest: string): boolean =>
    one !== undefined &&
    finishedRuns(one, arm).some(
      ({ kernel }) => kernel?.verdict === "correct" && kernel.candidate_sha256 === digest,
    );
  return wrote(subject, duel.subject) && wrote(reference, duel.reference);
}

interface BothSpeeds {
  /** Digest of the case. */
  case: string;
  source: string;
  /** Geometric means of the speedups over the repeats that are correct. */
  subject: number;
  reference: number;
}

/** The speeds of a case that is correct, and was timed, in both arms. */
function speedsOf(one: MeasuredCase, [subject, reference]: readonly [Arm, Arm]): BothSpeeds[] {
  const pairs = pairsOf(one, subject, reference);
  const speeds = (runs: readonly Trial[]): number[] =>
    runs.flatMap(({ kernel }) =>
      kernel?.verdict === "correct" && kernel.speedup !== null ? [kernel.speedup.median] : [],
    );
  const own = speeds(pairs.map((pair) => pair.subject));
  const other = speeds(pairs.map((pair) => pair.reference));
  if (own.length === 0 || other.length === 0) return [];
  const { sha256, source } = one.planned;
  return [{ case: sha256, source, subject: geometricMean(own), reference: geometricMean(other) }];
}

/** Two kernels that were timed together say more than two speedups that were measured apart. */
function speedOf(
  both: readonly BothSpeeds[],
  duels: ReadonlyMap<string, number>,
  kind: "cpu" | "cuda",
  { alpha, random }: { alpha: number; random: Random },
): KernelSpeed {
  const pairs = both.map((one): RatioPair => {
    const together = duels.get(one.case);
    return together === undefined
      ? { source: one.source, with: one.subject, without: one.reference }
      : { source: one.source, with: together, without: 1 };
  });
  const { pairs: cases, ...ratio } = geometricRatio(pairs, 1 - alpha);
  const differences = pairs.map((pair): CaseDifference => ({
    source: pair.source,
    value: Math.log(pair.with / pair.without),
  }));
  const { pTwoSided: p } = signFlip([...clusterSums(differences).values()], random);
  return {
    ratio,
    cases,
    duels: both.filter((one) => duels.has(one.case)).length,
    p,
    verdict: p > alpha ? "no difference shown" : speedVerdict(ratio, timerNoise[kind]),
  };
}

function speedVerdict({ value, low, high }: Interval, noise: number): SpeedVerdict {
  if (low > 1 && value > 1 + noise) return "faster";
  return high < 1 && value < 1 / (1 + noise) ? "slower" : "no difference shown";
}

function distinct<T>(items: readonly T[], nameOf: (item: T) => string): T[] {
  return [...new Map(items.map((item) => [nameOf(item), item])).values()];
}
