import { groupBy } from "../group-by.ts";
import { type IsolationCounts, isolationCounts } from "./agent-isolation.ts";
import { armFigures, type ArmFigures, rateOver } from "./arm-figures.ts";
import type { CountedCalls } from "./call-ledger.ts";
import { caseFigures, type CaseFigures, countedRuns, differenceOf } from "./case-figures.ts";
import { compare, type Comparison } from "./comparison.ts";
import { type Economics, economicsOf } from "./economics.ts";
import { type Exclusion, exclusionOf } from "./exclusion.ts";
import { type Look, lookReached } from "./looks.ts";
import { judgedPairs, type Known } from "./judged-pairs.ts";
import type { DuelOutcome } from "./kernel-duel-file.ts";
import { type KernelFigures, kernelFigures } from "./kernel-figures.ts";
import type { KeptNoise } from "./kept-noise.ts";
import { knownNoise, type KnownNoise, repeatsWithin } from "./known-noise.ts";
import type { JudgementLookup } from "./judgement-store.ts";
import { countsForVerdict, type Measured, measuredCases, type TrialLookup } from "./measured-case.ts";
import { type NoiseFloor, noiseOf } from "./noise-floor.ts";
import { type OutsideFailure, outsideFailures } from "./outside-failures.ts";
import { type PairwiseFigures, pairwiseFigures } from "./pairwise-figures.ts";
import { type Plan, type PlannedSkill, plannedTrials } from "./plan.ts";
import { type Recommendation, recommend } from "./recommendation.ts";
import { referenceOf } from "./reference-arm.ts";
import {
  type Ground,
  groundOf,
  requestsDiffer,
  settle,
  type Settled,
  voidGrounds,
} from "./settled-verdict.ts";
import type { Interval } from "./statistics/interval.ts";
import { mean } from "./statistics/normal.ts";
import { seededRandom } from "./statistics/random.ts";
import { type Totals, totalsOf } from "./totals.ts";
import { type TriggerFigures, triggerFigures } from "./trigger-figures.ts";
import { type Arm, arms } from "./trial.ts";
import { mostRepeats, type Thresholds } from "./verdict.ts";

/** Cases that the skill was distilled from: what it does on them is no proof. */
export interface SeenFigures {
  cases: CaseFigures[];
  rates: ReadonlyMap<Arm, Interval | null>;
  difference: number | null;
}

/** One skill for one student. Rates and differences are shares of 1; null is unknown. */
export interface StudentFigures extends Settled {
  student: string;
  version: string;
  /** The models that answered, as the providers name them. */
  models: string[];
  look: Look;
  /** The unseen cases of the plan, those without a result too. */
  planned: number;
  arms: ReadonlyMap<Arm, ArmFigures>;
  /** Head against base, where base is measured and another text; else head against none. */
  comparison: Comparison | null;
  /** Head against none and against the placebo, where they are measured. */
  againstNone: Comparison | null;
  againstPlacebo: Comparison | null;
  /** Further runs, over both arms, that would decide; 0 when decided, null when none would. */
  needed: number | null;
  exclusion: Exclusion;
  /** Behind all excluded trials, also of cases that do not count. */
  failures: OutsideFailure[];
  /** Of an agent's runs; empty for a plain chat. */
  isolation: IsolationCounts;
  /** Unseen cases, losses first. */
  cases: CaseFigures[];
  seen: SeenFigures;
  triggering: TriggerFigures[];
  economics: Economics;
  /** Of this run's own repeats, and of earlier A/A runs; null where nothing is known. */
  noise: NoiseFloor | null;
  knownNoise: KnownNoise | null;
  /** Whose answers a judge prefers; null where none were compared. It decides nothing. */
  pairwise: PairwiseFigures | null;
  /** Null without kernel cases that count. */
  kernels: KernelFigures | null;
}

export interface SkillFigures {
  skill: PlannedSkill;
  students: StudentFigures[];
  recommendation: Recommendation;
}

export interface EvaluationFigures {
  plan: Plan;
  teacher: string | null;
  skills: SkillFigures[];
  totals: Totals;
}

/**
 * Everything that an evaluation shows, from its plan and the results alone: the same bytes wherever and whenever it is
 * computed. `teacher` names the student of the plan that teaches, if it was measured; `judgements` are what the plan's
 * judge said; `noise` are the floors that A/A runs left beside the results; `calls` are those of the ledgers there.
 */
export function evaluationFigures(
  plan: Plan,
  trials: TrialLookup,
  options: {
    teacher?: string | undefined;
    judgements?: JudgementLookup;
    calls?: CountedCalls;
    noise?: readonly KeptNoise[];
    /** Of the best kernels of two arms. */
    duels?: readonly DuelOutcome[];
  } = {},
): EvaluationFigures {
  const planned = plannedTrials(plan);
  const teacher = plan.students.find(({ spec }) => spec === options.teacher)?.spec;
  const bySkill = groupBy(measuredCases(plan, planned, trials), ({ skill }) => skill);
  const known: Known = {
    results: trials,
    judgements: options.judgements ?? new Map(),
    calls: options.calls,
  };
  const pairs = groupBy(judgedPairs(plan, planned), ({ head }) => pairsName(head.skill, head.student));
  const drafts = plan.skills.map((skill) => {
    const students = bySkill.get(skill) ?? [];
    return students.map((measured) => {
      const own = pairs.get(pairsName(skill.name, measured.student)) ?? [];
      const pairwise = pairwiseFigures(own, plan.judge, known);
      return studentDraft(measured, students, {
        plan,
        teacher,
        pairwise,
        floors: options.noise ?? [],
        duels: options.duels ?? [],
      });
    });
  });
  // One family of tests for each student: the skills that it is judged on.
  const settled = plan.students.map((_, index) =>
    settle(
      drafts
        .flatMap((students) => students[index] ?? [])
        .map(({ comparison, ground, figures: { knownNoise: noise } }) => ({
          comparison,
          ground,
          knownNoise: noise,
        })),
    ),
  );
  const skills = plan.skills.map((skill, row) => ({
    skill,
    students: (drafts[row] ?? []).map((draft, index) => finished(draft, settled[index]?.[row], plan)),
    recommendation: recommend((bySkill.get(skill) ?? []).map(countedOf), {
      teacher,
      thresholds: thresholdsOf(plan),
      seed: plan.seed,
    }),
  }));
  return { plan, teacher: teacher ?? null, skills, totals: totalsOf(plan, planned, known, skills) };
}

/** What is known of one skill and student before the verdicts of all skills are settled together. */
interface Draft {
  measured: Measured;
  figures: Omit<StudentFigures, keyof Settled | "needed">;
  comparison: Comparison | null;
  ground: Ground;
}

function studentDraft(
  measured: Measured,
  students: readonly Measured[],
  options: {
    plan: Plan;
    teacher: string | undefined;
    pairwise: PairwiseFigures | null;
    floors: readonly KeptNoise[];
    duels: readonly DuelOutcome[];
  },
): Draft {
  const { plan, teacher, pairwise, floors, duels } = options;
  const { skill, student } = measured;
  const { cases } = countedOf(measured);
  const reached = Math.max(0, ...cases.map((one) => lastRepeat(one.arms.get("head") ?? [])));
  const look = lookReached(plan, reached);
  const comparisonWith = (reference: Arm | undefined): Comparison | null =>
    reference === undefined || skill.given[reference] === undefined || skill.given.head === undefined
      ? null
      : compare(cases, ["head", reference], {
          thresholds: { ...thresholdsOf(plan), alpha: look.alpha },
          repeats: plan.repeats,
          random: seededRandom(randomName(plan, measured)),
        });
  const reference = referenceOf(skill, student);
  const compared = reference === undefined ? undefined : (["head", reference] as const);
  const runsOf = countedRuns(compared);
  const measuredArms = arms.filter((arm) => skill.given[arm] !== undefined);
  const comparison = comparisonWith(reference);
  const exclusion = exclusionOf(cases, compared && { arms: compared, repeats: look.repeats });
  const seen = measured.cases.filter((one) => one.planned.seen && one.planned.measurement === "capability");
  const teacherCases = students.find((one) => one.student.spec === teacher && one !== measured)?.cases;
  const figures: Draft["figures"] = {
    student: student.spec,
    version: student.version,
    models: modelsOf(measured),
    look,
    planned: cases.length,
    arms: new Map(
      measuredArms.map((arm): [Arm, ArmFigures] => [arm, armFigures(cases.map((one) => runsOf(one, arm)))]),
    ),
    comparison,
    againstNone: reference === "none" ? comparison : comparisonWith("none"),
    againstPlacebo: comparisonWith("placebo"),
    exclusion,
    failures: outsideFailures(measured.cases),
    isolation: isolationCounts(measured),
    cases: caseFigures(cases, runsOf, compared),
    seen: {
      cases: caseFigures(seen, runsOf, compared),
      rates: new Map(measuredArms.map((arm) => [arm, rateOver(seen.map((one) => runsOf(one, arm)))])),
      difference: compared ? meanDifference(seen, compared) : null,
    },
    triggering: triggerFigures(measured.cases),
    economics: economicsOf(cases, teacherCases),
    noise: noiseOf(measured, plan) ?? null,
    knownNoise: knownNoise(measured, compared ?? [], { floors, plan, repeats: look.repeats }),
    pairwise,
    kernels: kernelFigures({ ...measured, cases }, compared, {
      runsOf,
      duels,
      alpha: look.alpha,
      random: seededRandom(`${randomName(plan, measured)}\0speed`),
    }),
  };
  const ground = groundOf(comparison, exclusion, requestsDiffer(cases));
  return { measured, figures, comparison, ground };
}

function finished(draft: Draft, settled: Settled | undefined, plan: Plan): StudentFigures {
  const verdict: Settled = settled ?? {
    verdict: "cannot tell",
    ground: draft.ground,
    adjustedP: null,
    lost: [],
  };
  return { ...draft.figures, ...verdict, needed: neededOf(draft, verdict, plan) };
}

/**
 * The runs that would decide. Where only the number of skills left a verdict open, those that would do so at the level
 * that Bonferroni's method allows each skill, which Holm's never undercuts.
 */
function neededOf(draft: Draft, { ground, verdict }: Settled, plan: Plan): number | null {
  const { comparison, measured, figures } = draft;
  if (verdict !== "cannot tell") return 0;
  if (comparison === null || voidGrounds.includes(ground)) return null;
  if (ground === "margin below noise") return runsAboveNoise(figures, comparison, plan);
  if (comparison.decision.verdict === "cannot tell") return comparison.decision.needed;
  const stricter = compare(countedOf(measured).cases, [comparison.subject, comparison.reference], {
    thresholds: { ...thresholdsOf(plan), alpha: comparison.alpha / plan.skills.length },
    repeats: plan.repeats,
    random: seededRandom(randomName(plan, measured)),
  });
  return stricter.decision.verdict === "cannot tell" ? stricter.decision.needed : null;
}

/** Further runs of both arms after which noise alone does not cross the margin any more; null for too many. */
function runsAboveNoise(
  { knownNoise: noise, look: { repeats } }: Pick<StudentFigures, "knownNoise" | "look">,
  { decision }: Comparison,
  { thresholds: { margin } }: Plan,
): number | null {
  if (noise === null) return null;
  const within = repeatsWithin(noise, { margin, repeats });
  return within > mostRepeats ? null : 2 * decision.cases * (within - repeats);
}

/** A student may stand in a plan in several versions. */
function pairsName(skill: string, { spec, version }: Plan["students"][number]): string {
  return JSON.stringify([skill, spec, version]);
}

/** Numbers are drawn for a skill and student by name, so that others beside them change nothing. */
function randomName(plan: Plan, { skill, student }: Measured): string {
  return `${plan.seed}\0${skill.name}\0${student.spec}`;
}

function countedOf(measured: Measured): Measured {
  return { ...measured, cases: measured.cases.filter(countsForVerdict) };
}

export function thresholdsOf({ thresholds }: Plan): Thresholds {
  const { alpha, margin, minimum_effect: minimumEffect } = thresholds;
  return { alpha, margin, minimumEffect };
}

function lastRepeat(runs: readonly unknown[]): number {
  return runs.findLastIndex((run) => run !== undefined) + 1;
}

function meanDifference(cases: Measured["cases"], compared: readonly [Arm, Arm]): number | null {
  const differences = cases.map((one) => differenceOf(one, compared)).filter((one) => one !== null);
  return differences.length === 0 ? null : mean(differences);
}

function modelsOf({ cases }: Measured): string[] {
  const models = new Set<string>();
  for (const one of cases)
    for (const runs of one.arms.values())
      for (const run of runs) if (run !== undefined && run.model !== "") models.add(run.model);
  return [...models].sort();
}
