import { givenTo, type PlannedSkill, type PlannedStudent } from "./plan.ts";
import type { Arm } from "./trial.ts";

/** What head is judged against: base says whether a change may merge, but a base that gives the same says nothing. */
export function referenceOf(skill: PlannedSkill, student: Pick<PlannedStudent, "runner">): Arm | undefined {
  const givenIn = (arm: Arm): string | null | undefined =>
    givenTo(skill, student, { arm, measurement: "capability" });
  const [none, base, head] = [givenIn("none"), givenIn("base"), givenIn("head")];
  if (head === undefined) return undefined;
  if (base !== undefined && base !== head && !(base === null && none !== undefined)) return "base";
  return none === undefined ? undefined : "none";
}
