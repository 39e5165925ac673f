import type { EvaluationFigures, StudentFigures } from "./figures.ts";
import { fastLevels, type KernelFigures } from "./kernel-figures.ts";
import type { OutsideFailure } from "./outside-failures.ts";
import type { PairwiseFigures } from "./pairwise-figures.ts";
import { voidGrounds } from "./settled-verdict.ts";
import type { Interval } from "./statistics/interval.ts";
import type { Arm } from "./trial.ts";
import type { Verdict } from "./verdict.ts";

/** `incomplete`: trials have not run yet. `void`: a comparison says nothing, since its runs cannot be trusted. */
export type EvaluationStatus = "complete" | "incomplete" | "void";

/** An estimate with its bounds; null where there is none. */
export interface Bounds {
  low: number | null;
  high: number | null;
}

/** Shares of 1 by arm, and whether the kernels became faster: `ratio` above 1 says so. */
interface KernelJson {
  devices: { kind: string; name: string }[];
  cases: number;
  arms: Partial<
    Record<
      Arm,
      {
        runs: number;
        compiled: number | null;
        /** By p; 0 is the rate of the correct. */
        fast: Record<string, number | null>;
        speedup: number | null;
        answers_per_run: number;
        device_seconds: number;
      }
    >
  >;
  speed:
    | ({
        verdict: string;
        ratio: number | null;
        cases: number;
        timed_together: number;
        p: number | null;
      } & Bounds)
    | null;
}

/** What `evaluate --json` and `report --json` print: rates and differences as shares of 1. */
export interface EvaluationJson {
  command: "evaluate" | "report";
  status: EvaluationStatus;
  skills: {
    name: string;
    students: {
      student: string;
      verdict: Verdict;
      /** Why, in one word or two; see `Ground`. */
      ground: StudentFigures["ground"];
      /** Unseen cases that count. */
      cases: number;
      repeats: number;
      arms: Partial<Record<Arm, { rate: number | null } & Bounds>>;
      difference: { value: number | null } & Bounds;
      p: number | null;
      /** By Holm's method over the skills. */
      adjusted_p: number | null;
      /** Cases in which a judge prefers head, the reference, or neither; absent where none was asked. */
      pairwise?: { wins: number; losses: number; ties: number; p: number };
      /** How far equal arms of this size differ by earlier A/A runs; absent where there were none. */
      noise_floor?: number;
      /** Who failed in trials that were excluded, and why; absent where nobody did. */
      failures?: OutsideFailure[];
      /** Runs of an agent by how they were kept from others; absent for a plain chat. */
      isolation?: Record<string, number>;
      /** Of kernel cases; absent without any. */
      kernels?: KernelJson;
      /** Further runs that would decide; 0 when decided, null when none would. */
      needed: number | null;
    }[];
    /** The cheapest student that is not inferior. */
    recommended: string | null;
  }[];
  /** Trials that have no result yet. */
  missing: number;
  /** Requests of all runs for these results that reached a provider, the judge's, repeated and failed ones included. */
  calls: number;
  /** US dollars; null where a price is not known. */
  cost_usd: number | null;
  excluded: number;
}

export function evaluationJson(
  { skills, totals }: EvaluationFigures,
  command: EvaluationJson["command"] = "evaluate",
): EvaluationJson {
  return {
    command,
    status: statusOf({ skills, totals }),
    skills: skills.map(({ skill, students, recommendation }) => ({
      name: skill.name,
      students: students.map(studentJson),
      recommended: recommendation.student,
    })),
    missing: totals.missing,
    calls: totals.calls,
    cost_usd: totals.cost,
    excluded: totals.excluded,
  };
}

/** Whether all trials have a result, and whether they can be used. */
export function statusOf({ skills, totals }: Pick<EvaluationFigures, "skills" | "totals">): EvaluationStatus {
  const isVoid = skills.some(({ students }) => students.some(isVoidFor));
  if (isVoid) return "void";
  return totals.missing > 0 ? "incomplete" : "complete";
}

export function isVoidFor({ ground }: Pick<StudentFigures, "ground">): boolean {
  return voidGrounds.includes(ground);
}

function studentJson(figures: StudentFigures): EvaluationJson["skills"][number]["students"][number] {
  const { student, verdict, ground, look, comparison, adjustedP, needed, pairwise, knownNoise } = figures;
  const difference = comparison?.decision.difference;
  return {
    student,
    verdict,
    ground,
    cases: comparison?.decision.cases ?? 0,
    repeats: look.repeats,
    arms: Object.fromEntries(
      [...figures.arms].map(([arm, { rate }]) => [arm, { rate: finite(rate?.value), ...bounds(rate) }]),
    ),
    difference: { value: finite(difference?.value), ...bounds(difference) },
    p: finite(comparison?.decision.p),
    adjusted_p: finite(adjustedP),
    ...(pairwise === null ? {} : { pairwise: pairwiseJson(pairwise) }),
    ...(knownNoise === null ? {} : { noise_floor: Number(knownNoise.spread.toPrecision(12)) }),
    ...(figures.failures.length === 0 ? {} : { failures: figures.failures }),
    ...(figures.isolation.size === 0 ? {} : { isolation: Object.fromEntries(figures.isolation) }),
    ...(figures.kernels === null ? {} : { kernels: kernelJson(figures.kernels) }),
    needed,
  };
}

function kernelJson({ devices, cases, arms, speed }: KernelFigures): KernelJson {
  return {
    devices,
    cases,
    arms: Object.fromEntries(
      [...arms].map(([arm, one]) => [
        arm,
        {
          runs: one.runs,
          compiled: finite(one.compiled),
          fast: Object.fromEntries(
            fastLevels.map((level, index) => [String(level), finite(one.fast[index])]),
          ),
          speedup: finite(one.speedup),
          answers_per_run: one.answersPerRun,
          device_seconds: one.deviceSeconds,
        },
      ]),
    ),
    speed:
      speed === null
        ? null
        : {
            verdict: speed.verdict,
            ratio: finite(speed.ratio.value),
            ...bounds(speed.ratio),
            cases: speed.cases,
            timed_together: speed.duels,
            p: finite(speed.p),
          },
  };
}

function pairwiseJson({ wins, losses, ties, p }: PairwiseFigures): {
  wins: number;
  losses: number;
  ties: number;
  p: number;
} {
  return { wins, losses, ties, p: Number(p.toPrecision(12)) };
}

function bounds(interval: Interval | null | undefined): Bounds {
  return { low: finite(interval?.low), high: finite(interval?.high) };
}

/** JSON has no infinity and no NaN. Twelve digits hide what rounding adds: 0.375 and not 0.3750000000000001. */
function finite(value: number | null | undefined): number | null {
  return value !== null && value !== undefined && Number.isFinite(value)
    ? Number(value.toPrecision(12))
    : null;
}
