import type { Outcome } from "./exit-codes.ts";
import type { EvaluationFigures } from "./figures.ts";
import type { Known } from "./judged-pairs.ts";
import { isFinished } from "./measured-case.ts";
import type { Plan, PlannedTrial } from "./plan.ts";
import { judgementsOf } from "./plan-judgements.ts";
import type { RunEnd } from "./run-trials.ts";

/** What is known of a run when it has ended. */
export interface RunState {
  ended: RunEnd;
  /** Trials that have no result yet. */
  missing: number;
  /** Whether two arms have results of one case, so that something can be said at all. */
  isComparable: boolean;
  /** Whether a student or the judge was asked and never came to anything. */
  isSilent: boolean;
  isVoid: boolean;
  /** Whether an A/A run refuses the margin. */
  isRefused: boolean;
}

/** What failed comes first: it is why the rest is missing or void. */
export function outcomeOf(run: RunState): Outcome {
  if (run.ended === "service failed" || run.isSilent) return "service failed";
  if (run.ended === "budget spent" && !run.isComparable) return "nothing measured";
  if (run.isVoid) return "void";
  if (run.isRefused) return "refused";
  return run.ended === "budget spent" || run.missing > 0 ? "incomplete" : "complete";
}

/** Whether any skill and student has a case with results in both arms, or queries with a choice. */
export function isComparable({ skills, totals }: Pick<EvaluationFigures, "skills" | "totals">): boolean {
  return skills.some(({ students }) =>
    students.some(({ comparison, triggering }) =>
      comparison === null ? totals.finished > 0 : comparison.decision.cases > 0 || triggering.length > 0,
    ),
  );
}

/** Whether one of the students, or the judge, failed in these trials and came to nothing in any of them. */
export function isSilent(plan: Plan, trials: readonly PlannedTrial[], known: Known): boolean {
  const students = new Map<string, { finished: number; excluded: number }>();
  let hasJudgeFailed = false;
  for (const { key, student } of trials) {
    const trial = known.results.get(key);
    if (trial === undefined) continue;
    const counts = students.get(student.spec) ?? { finished: 0, excluded: 0 };
    students.set(student.spec, counts);
    if (isFinished(trial)) counts.finished += 1;
    else counts.excluded += 1;
    hasJudgeFailed ||= trial.outcome === "excluded" && trial.error?.class === "judge";
  }
  const hasSilentStudent = [...students.values()].some(
    ({ finished, excluded }) => excluded > 0 && finished === 0,
  );
  return hasSilentStudent || (hasJudgeFailed && judgementsOf(plan, trials, known).length === 0);
}
