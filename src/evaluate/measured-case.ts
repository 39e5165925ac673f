import { isFor, type Plan, type PlannedCase, type PlannedSkill, type PlannedTrial } from "./plan.ts";
import { withRefusals } from "./refused-request.ts";
import type { Arm, Trial } from "./trial.ts";

/** Results by key: a result store, or a map. */
export interface TrialLookup {
  get(key: string): Trial | undefined;
}

export type PlannedStudent = Plan["students"][number];

/** What one student made of one case: the results of each arm, by repeat; undefined where none is there yet. */
export interface MeasuredCase {
  planned: PlannedCase;
  arms: ReadonlyMap<Arm, readonly (Trial | undefined)[]>;
}

/** All cases of one skill that one student can be measured on, in the plan's order. */
export interface Measured {
  skill: PlannedSkill;
  student: PlannedStudent;
  cases: MeasuredCase[];
}

/** One repeat of a case that says something in both arms. */
export interface Pair {
  subject: Trial;
  reference: Trial;
}

/** The results of a plan's trials (`plannedTrials`), by skill and student in its order. */
export function measuredCases(plan: Plan, planned: readonly PlannedTrial[], trials: TrialLookup): Measured[] {
  const results = new Map<string, Map<PlannedStudent, Map<PlannedCase, Map<Arm, (Trial | undefined)[]>>>>();
  for (const { skill, student, case: one, arm, key } of planned) {
    const students = entryOf(results, skill);
    const cases = entryOf(students, student);
    const arms = entryOf(cases, one);
    const runs = arms.get(arm);
    if (runs) runs.push(trials.get(key));
    else arms.set(arm, [trials.get(key)]);
  }
  return plan.skills.flatMap((skill) =>
    plan.students.map((student) => ({
      skill,
      student,
      cases: skill.cases
        .filter((one) => isFor(one, student))
        .map((one) => ({
          planned: one,
          arms: armsOf(one, results.get(skill.name)?.get(student)?.get(one)),
        })),
    })),
  );
}

/** What triggering asks for is in its checks, which a refused request has none of. */
function armsOf(one: PlannedCase, runs: MeasuredCase["arms"] = new Map()): MeasuredCase["arms"] {
  return one.measurement === "capability" ? withRefusals(runs) : runs;
}

function entryOf<K, A, B>(map: Map<K, Map<A, B>>, key: K): Map<A, B> {
  const known = map.get(key);
  if (known) return known;
  const made = new Map<A, B>();
  map.set(key, made);
  return made;
}

/** Whether a result says something about the student. */
export function isFinished(trial: Trial | undefined): trial is Trial {
  return trial !== undefined && trial.outcome !== "excluded";
}

/** The results of an arm that say something. */
export function finishedRuns({ arms }: MeasuredCase, arm: Arm): Trial[] {
  return (arms.get(arm) ?? []).filter(isFinished);
}

/** The repeats that count in both of two arms: one that was excluded or has not run leaves both. */
export function pairsOf({ arms }: MeasuredCase, subject: Arm, reference: Arm): Pair[] {
  return pairedRuns(arms.get(subject), arms.get(reference));
}

/** The same for runs by repeat, from wherever they are. */
export function pairedRuns(
  subject: readonly (Trial | undefined)[] = [],
  reference: readonly (Trial | undefined)[] = [],
): Pair[] {
  return subject.flatMap((one, repeat) => {
    const other = reference[repeat];
    return isFinished(one) && isFinished(other) ? [{ subject: one, reference: other }] : [];
  });
}

/** The cases that a verdict rests on: the skill is given, and it was not distilled from them. */
export function countsForVerdict({ planned }: MeasuredCase): boolean {
  return planned.measurement === "capability" && !planned.seen;
}

export function passCount(trials: readonly Trial[]): number {
  return trials.reduce((count, { outcome }) => count + (outcome === "passed" ? 1 : 0), 0);
}
