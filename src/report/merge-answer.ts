import type { EvaluationFigures, StudentFigures } from "../evaluate/figures.ts";
import { isVoidFor } from "../evaluate/evaluation-json.ts";
import { blocksMerge, type MergePolicy } from "../evaluate/merge-policy.ts";
import { type Verdict, verdicts } from "../evaluate/verdict.ts";
import { worstFailureWords } from "./failure-words.ts";
import { counted, differenceWords } from "./figure-words.ts";
import { studentNames } from "./student-names.ts";
import { verdictReason } from "./verdict-words.ts";

/** Whether a change may merge, and why: the first thing a reviewer reads. */
export interface MergeAnswer {
  mayMerge: boolean;
  /** Plain text with names from outside in it: escape it. */
  sentence: string;
}

/**
 * Whether the figures let a change merge. Results that say nothing do not: a run that is void, or one that is not
 * complete, would otherwise be the way around every verdict.
 */
export function mergeAnswer(figures: EvaluationFigures, policy: MergePolicy = "worse"): MergeAnswer {
  const nameOf = studentNames(figures.plan);
  const all = figures.skills.flatMap(({ skill, students }) =>
    students.map((student) => ({ skill: skill.name, student })),
  );
  const told = (one: (typeof all)[number]): string =>
    clause(one.skill, nameOf(one.student.student, one.student.version), one.student, figures);
  const blocking = all.filter(({ student }) => isVoidFor(student) || blocksMerge(policy, student.verdict));
  const missing = missingWords(figures);
  const [first] = blocking;
  if (first) {
    // The clearest reason first: something that is worse.
    const worst = blocking.find(({ student }) => student.verdict === "worse") ?? first;
    const more = blocking.length === 1 ? "" : `; and ${blocking.length - 1} more of ${all.length}`;
    // The reason of a void run has who failed in it already.
    const rest = missing === "" ? "" : ` ${isVoidFor(worst.student) ? countOfMissing(figures) : missing}.`;
    return { mayMerge: false, sentence: `No, this may not merge: ${told(worst)}${more}.${rest}` };
  }
  if (missing !== "") return { mayMerge: false, sentence: `No, this may not merge yet: ${missing}.` };
  const [only] = all;
  if (!only) return { mayMerge: true, sentence: "Yes, this may merge: no skill was evaluated." };
  const isProven = all.some(({ student }) => student.verdict === "better" || student.verdict === "no worse");
  const caution = isProven ? "" : ", but nothing is proven";
  const why =
    all.length === 1
      ? told(only)
      : `${comparedNames(figures)}: ${tally(all.map(({ student }) => student.verdict))}`;
  return { mayMerge: true, sentence: `Yes, this may merge${caution}: ${why}.` };
}

/** Trials without a result, and who failed in others, as a clause without a full stop; empty where there are none. */
function missingWords(figures: EvaluationFigures): string {
  const { missing } = figures.totals;
  if (missing === 0) return "";
  const failure = worstFailureWords(figures);
  return `${countOfMissing(figures)}${failure === undefined ? "" : `; ${failure}`}`;
}

function countOfMissing({ totals: { missing } }: EvaluationFigures): string {
  return `${counted(missing, "trial")} of the plan ${missing === 1 ? "has" : "have"} no result yet`;
}

function clause(skill: string, name: string, student: StudentFigures, { plan }: EvaluationFigures): string {
  const { verdict, comparison } = student;
  const shown =
    comparison === null || comparison.decision.cases === 0 || isVoidFor(student)
      ? ""
      : `, ${differenceWords(comparison.decision.difference)}`;
  const reason = verdictReason(student, plan);
  switch (verdict) {
    case "better":
      return `${skill} makes ${name} better${shown}; ${reason}`;
    case "no worse":
      return `${skill} makes ${name} no worse${shown}; ${reason}`;
    case "worse":
      // A lost case outweighs a mean that may even have risen.
      return student.lost.length > 0
        ? `${skill} makes ${name} worse: ${reason}${shown === "" ? "" : `; on average${shown.slice(1)}`}`
        : `${skill} makes ${name} worse${shown}; ${reason}`;
    case "cannot tell":
      return `nobody can tell what ${skill} does to ${name}${shown}; ${reason}`;
  }
}

/** What several verdicts are of. */
function comparedNames({ skills }: EvaluationFigures): string {
  const count = skills.reduce((sum, { students }) => sum + students.length, 0);
  const [only, ...others] = skills;
  return only !== undefined && others.length === 0
    ? `${only.skill.name} for ${counted(count, "student")}`
    : `${counted(skills.length, "skill")} in ${counted(count, "comparison")}`;
}

function tally(found: readonly Verdict[]): string {
  return verdicts
    .map((verdict) => [verdict, found.filter((one) => one === verdict).length] as const)
    .filter(([verdict, count]) => count > 0 || verdict === "worse")
    .map(([verdict, count]) => `${count} ${verdict}`)
    .join(", ");
}
