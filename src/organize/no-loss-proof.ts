import type { KeptNoise } from "../evaluate/kept-noise.ts";
import type { TrialLookup } from "../evaluate/measured-case.ts";
import { type NoLossFigures, noLossFigures, type Superseding } from "../evaluate/no-loss.ts";
import { lookReached } from "../evaluate/looks.ts";
import { type Plan, plannedTrials } from "../evaluate/plan.ts";
import { planDifferences } from "../evaluate/plan-difference.ts";
import { groupBy } from "../group-by.ts";
import { differenceWords } from "../report/figure-words.ts";
import { studentNames } from "../report/student-names.ts";
import type { MergedSkills } from "./merged-skills.ts";
import type { NoLossProof } from "./organize-proposal.ts";

/** Results of the sources' cases, with the sources as base and their survivors as head. */
export interface NoLossResults {
  plan: Plan;
  trials: TrialLookup;
  noise: readonly KeptNoise[];
}

/**
 * Whether results prove that merges lose nothing. `expected` is the plan that merges and configuration make
 * (`measuredSources`); the one beside the results has to be the same, and the figures are those of `expected`: neither a
 * proposal nor the plan that came with it decides what it is proven by.
 */
export function noLossProof(
  merges: readonly MergedSkills[],
  { plan, trials, noise }: NoLossResults,
  expected: Plan,
): NoLossProof {
  const measured = new Set(expected.skills.map(({ name }) => name));
  const superseding: Superseding[] = [];
  for (const merge of merges) {
    const sources = merge.sources.map(({ name }) => name);
    if (!sources.some((name) => measured.has(name)))
      return unproven(`Neither of ${sources.join(" and ")} has a case that can be measured.`);
    superseding.push({ survivors: merge.survivors.map(({ name }) => name), sources });
  }
  const differences = whyOtherPlan(plan, expected);
  if (differences.length > 0)
    return unproven(`The results do not answer for this merge: ${differences.join("; ")}.`);
  const missing = missingTrials(expected, trials);
  if (missing > 0) return unproven(`${missing} ${missing === 1 ? "trial has" : "trials have"} no result.`);
  const nameOf = studentNames(expected);
  const figures = noLossFigures(expected, trials, { merges: superseding, noise }).map((one) => ({
    ...one,
    student: nameOf(one.student, one.version),
  }));
  const open = figures.find(({ isProven }) => !isProven);
  if (figures.length === 0) return unproven("No student was asked.");
  if (open !== undefined) return unproven(openWords(open));
  return { state: "proven", reason: figures.map(provenWords).join(" ") };
}

/**
 * Trials without a result, up to the last look that a source and student have any result of: what is left out could be
 * what speaks against the merge.
 */
function missingTrials(plan: Plan, trials: TrialLookup): number {
  const planned = groupBy(plannedTrials(plan), ({ skill, student }) =>
    JSON.stringify([skill, student.spec, student.version]),
  );
  let missing = 0;
  for (const own of planned.values()) {
    const found = own.filter(({ key }) => trials.get(key) !== undefined);
    const last = Math.max(0, ...found.map(({ identity: { repeat } }) => repeat + 1));
    const { repeats } = lookReached(plan, last);
    missing += own.filter(({ identity: { repeat } }) => repeat < repeats).length;
    missing -= found.filter(({ identity: { repeat } }) => repeat < repeats).length;
  }
  return missing;
}

/** Clauses without a full stop; none where a plan asks for the same trials and judges them alike. */
function whyOtherPlan(plan: Plan, expected: Plan): string[] {
  const { students, repeats, looks, seed, judge } = expected;
  // Where a skill lies is only shown, and depends on how its library was named.
  const paths = new Map(plan.skills.map(({ name, path }) => [name, path]));
  const skills = expected.skills.map((skill) => ({ ...skill, path: paths.get(skill.name) ?? skill.path }));
  const problems = planDifferences(plan, { skills, students, repeats: repeats / looks, looks });
  for (const name of beyond(skills, plan.skills, ({ name }) => name))
    problems.push(`they hold the skill ${name} beyond the sources`);
  for (const spec of beyond(students, plan.students, ({ spec }) => spec))
    problems.push(`they hold the student ${spec} beyond the configured ones`);
  if (plan.repeats !== repeats || plan.looks !== looks) {
    problems.push(
      `they are of ${plan.repeats} repeats with ${plan.looks} looks, and the configuration asks for ${repeats} with ${looks}`,
    );
  }
  if (plan.seed !== seed) problems.push(`their seed is ${plan.seed}, and the configured one is ${seed}`);
  if (plan.judge !== judge) {
    problems.push(
      `they were judged by ${plan.judge ?? "nobody"}, and the configuration names ${judge ?? "nobody"}`,
    );
  }
  return problems;
}

/** The names that stand in a list and not, or not as often, in the expected one. */
function beyond<T>(expected: readonly T[], found: readonly T[], nameOf: (one: T) => string): string[] {
  const open = new Set(expected.map(nameOf));
  return found.map(nameOf).filter((name) => !open.delete(name));
}

function openWords({ sources, student, verdict, ground, cases, difference, losers }: NoLossFigures): string {
  const names = sources.join(", ");
  if (losers.length > 0)
    return `For ${student} the cases of ${losers.join(", ")} got worse by the merge of ${names}.`;
  const on = `on ${cases} cases of ${names}`;
  if (difference === null) return `For ${student} nothing could be compared ${on} (${ground}).`;
  const shown = differenceWords(difference);
  return `For ${student} the verdict ${on} is ${verdict} (${ground === "decided" ? shown : `${ground}; ${shown}`}).`;
}

function provenWords({ survivors, sources, student, verdict, cases, difference }: NoLossFigures): string {
  const shown = difference === null ? "" : `: ${differenceWords(difference)}`;
  return `For ${student} ${survivors.join(", ")} is ${verdict} than ${sources.join(", ")} on their ${cases} cases${shown}.`;
}

function unproven(reason: string): NoLossProof {
  return { state: "unproven", reason: reason.slice(0, 2000) };
}
