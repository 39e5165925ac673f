import type { EvaluationFigures, StudentFigures } from "../evaluate/figures.ts";
import { isVoidFor } from "../evaluate/evaluation-json.ts";
import { blocksMerge, type MergePolicy } from "../evaluate/merge-policy.ts";
import { type Verdict, verdicts } from "../evaluate/verdict.ts";
import { counted, differenceWords } from "./figure-words.ts";
import { studentNames } from "./student-names.ts";
import { verdictReason } from "./verdict-words.ts";

/** Whether a change may merge, and why: the first thing a reviewer reads. */
export interface MergeAnswer {
  mayMerge: boolean;
  /** Plain text with names from outside in it: escape it. */
  sentence: string;
}

export function mergeAnswer(figures: EvaluationFigures, policy: MergePolicy = "worse"): MergeAnswer {
  const nameOf = studentNames(figures.plan);
  const all = figures.skills.flatMap(({ skill, students }) =>
    students.map((student) => ({ skill: skill.name, student })),
  );
  const told = (one: (typeof all)[number]): string =>
    clause(one.skill, nameOf(one.student.student, one.student.version), one.student, figures);
  const blocking = all.filter(({ student }) => blocksMerge(policy, student.verdict));
  const missing =
    figures.totals.missing === 0
      ? ""
      : ` ${counted(figures.totals.missing, "trial")} of the plan ${figures.totals.missing === 1 ? "has" : "have"} no result yet.`;
  const [first] = blocking;
  if (first) {
    // The clearest reason first: something that is worse.
    const worst = blocking.find(({ student }) => student.verdict === "worse") ?? first;
    const more = blocking.length === 1 ? "" : `; and ${blocking.length - 1} more of ${all.length}`;
    return { mayMerge: false, sentence: `No, this may not merge: ${told(worst)}${more}.${missing}` };
  }
  const [only] = all;
  if (!only) return { mayMerge: true, sentence: `Yes, this may merge: no skill was evaluated.${missing}` };
  const isProven = all.some(({ student }) => student.verdict === "better" || student.verdict === "no worse");
  const caution = isProven ? "" : ", but nothing is proven";
  const why = all.length === 1 ? told(only) : tally(all.map(({ student }) => student.verdict));
  return { mayMerge: true, sentence: `Yes, this may merge${caution}: ${why}.${missing}` };
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
      return (comparison?.decision.lost.length ?? 0) > 0
        ? `${skill} makes ${name} worse: ${reason}${shown === "" ? "" : `; on average${shown.slice(1)}`}`
        : `${skill} makes ${name} worse${shown}; ${reason}`;
    case "cannot tell":
      return `nobody can tell what ${skill} does to ${name}${shown}; ${reason}`;
  }
}

function tally(found: readonly Verdict[]): string {
  return verdicts
    .map((verdict) => [verdict, found.filter((one) => one === verdict).length] as const)
    .filter(([verdict, count]) => count > 0 || verdict === "worse")
    .map(([verdict, count]) => `${count} ${verdict}`)
    .join(", ");
}
