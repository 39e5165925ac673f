import { isDeepStrictEqual } from "node:util";
import type { Plan, PlannedSkill, PlannedStudent } from "./plan.ts";
import { harnessVersion } from "./trial.ts";

/** What a gate itself knows of what should have been measured. */
export interface Expected {
  /** The changed skills that have cases, as they are in the working tree. */
  skills: readonly PlannedSkill[];
  /** The configured students; empty where results may bring their own. */
  students: readonly PlannedStudent[];
  /** Of the configuration: repeats until the first look, and looks. */
  repeats: number;
  looks: number;
}

/**
 * Why the results of a plan do not answer for the change at hand, as clauses without a full stop; empty where they do.
 * A plan lies beside the results and came the same way: what it says is compared, never believed.
 */
export function planDifferences(plan: Plan, { skills, students, repeats, looks }: Expected): string[] {
  const problems: string[] = [];
  if (plan.harness !== harnessVersion) {
    return [`the results were made by version ${plan.harness} of the harness, and this is ${harnessVersion}`];
  }
  const planned = new Map(plan.skills.map((skill) => [skill.name, skill]));
  for (const skill of skills) {
    const found = planned.get(skill.name);
    if (found === undefined) problems.push(`${skill.name} was changed and not measured`);
    else if (!isSame(found, skill)) {
      problems.push(`the results of ${skill.name} are of another text of it or of other cases`);
    }
  }
  for (const student of students) {
    const asked = plan.students.filter(({ spec }) => spec === student.spec);
    if (asked.length === 0) problems.push(`the student ${student.spec} was not asked`);
    else if (!asked.some((one) => isSame(one, student))) {
      problems.push(`the student ${student.spec} was asked with other settings than the configured ones`);
    }
  }
  // Looks spend the error: with many of them a few runs would never decide, and an undecided change may merge.
  if (plan.looks !== 1 && plan.looks !== looks) {
    problems.push(`the results were looked at ${plan.looks} times, and the configuration asks for ${looks}`);
  }
  const first = plan.repeats / plan.looks;
  if (first < repeats) {
    problems.push(
      `each case was run ${first} ${first === 1 ? "time" : "times"} before the first look, and the configuration asks for ${repeats}`,
    );
  }
  return problems;
}

/** By their written form: a key that is absent and one that is undefined are the same there. */
function isSame<T extends PlannedSkill | PlannedStudent>(one: T, other: T): boolean {
  return isDeepStrictEqual(JSON.parse(JSON.stringify(one)), JSON.parse(JSON.stringify(other)));
}
