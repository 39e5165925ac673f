import { isDeepStrictEqual } from "node:util";
import type { Plan, PlannedCase, PlannedSkill } from "./plan.ts";

/**
 * The plan that two plans of one evaluation are parts of: kernels are measured on another machine than answers, and skill
 * by skill. Undefined for plans that differ in anything but the skills and cases that they hold.
 */
export function joinedPlan(one: Plan, other: Plan): Plan | undefined {
  if (!isDeepStrictEqual(settingsOf(one), settingsOf(other))) return undefined;
  // A part in which every skill is new has no base.
  if (one.base !== null && other.base !== null && one.base !== other.base) return undefined;
  const skills = new Map(one.skills.map((skill) => [skill.name, skill]));
  for (const skill of other.skills) {
    const known = skills.get(skill.name);
    const joined = known === undefined ? skill : joinedSkill(known, skill);
    if (joined === undefined) return undefined;
    skills.set(skill.name, joined);
  }
  return {
    ...one,
    base: one.base ?? other.base,
    skills: [...skills.values()].sort((a, b) => (a.path < b.path ? -1 : 1)),
  };
}

/** Everything but what a part may have of its own; the command that makes it again is one for the part. */
function settingsOf(plan: Plan): unknown {
  return { ...plan, skills: [], reproduce: "", base: null };
}

function joinedSkill(one: PlannedSkill, other: PlannedSkill): PlannedSkill | undefined {
  const same = ({ path, given, tokens }: PlannedSkill): unknown => ({ path, given, tokens });
  if (!isDeepStrictEqual(same(one), same(other))) return undefined;
  for (const arms of ["installed", "offered"] as const) {
    const isOther =
      one[arms] !== undefined && other[arms] !== undefined && !isDeepStrictEqual(one[arms], other[arms]);
    if (isOther) return undefined;
  }
  const cases = new Map(one.cases.map((item) => [item.id, item]));
  for (const item of other.cases) {
    const known = cases.get(item.id);
    if (known !== undefined && !isDeepStrictEqual(known, item)) return undefined;
    cases.set(item.id, item);
  }
  return { ...other, ...one, cases: [...cases.values()].sort((a, b) => rank(a) - rank(b)) };
}

/** The order that a plan of all of them has: answers, kernels, choices; the sort keeps each kind's own order. */
function rank({ kernel, measurement }: PlannedCase): number {
  if (measurement === "triggering") return 2;
  return kernel === undefined ? 0 : 1;
}
