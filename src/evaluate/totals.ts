import type { SkillFigures } from "./figures.ts";
import type { Known } from "./judged-pairs.ts";
import type { Plan, PlannedTrial } from "./plan.ts";
import { type PlanCalls, planCalls } from "./plan-calls.ts";
import { failedByRefusal } from "./refused-request.ts";

/** Over distinct trials: one that several skills share counts once. */
export interface Totals extends PlanCalls {
  finished: number;
  excluded: number;
  /** Trials up to the look that was reached that have no result. */
  missing: number;
}

/** The totals of a plan's trials, up to the look that each skill and student reached. */
export function totalsOf(
  plan: Plan,
  planned: readonly PlannedTrial[],
  known: Known,
  skills: readonly SkillFigures[],
): Totals {
  const repeats = new Map(
    skills.flatMap(({ skill, students }) =>
      students.map(({ student, look }) => [`${skill.name}\0${student}`, look.repeats]),
    ),
  );
  const counted = new Set<string>();
  const failed = refusedKeys(skills);
  const totals = { finished: 0, excluded: 0, missing: 0 };
  for (const { key, skill, student, identity } of planned) {
    const trial = known.results.get(key);
    // Of trials that skills share, one skill may have reached a later look than the other.
    const isDue = identity.repeat < (repeats.get(`${skill}\0${student.spec}`) ?? 0);
    if (counted.has(key) || (trial === undefined && !isDue)) continue;
    counted.add(key);
    if (trial === undefined) {
      totals.missing += 1;
      continue;
    }
    if (trial.outcome === "excluded" && !failed.has(key)) totals.excluded += 1;
    else totals.finished += 1;
  }
  return { ...totals, ...planCalls(plan, planned, known) };
}

/** Of trials that a comparison counts as failed, though they have no answer. */
function refusedKeys(skills: readonly SkillFigures[]): Set<string> {
  const keys = new Set<string>();
  for (const { students } of skills)
    for (const { cases, seen } of students)
      for (const { trials } of [...cases, ...seen.cases])
        for (const runs of trials.values())
          for (const run of runs) if (failedByRefusal(run)) keys.add(run.key);
  return keys;
}
