import { isVoidFor } from "../evaluate/evaluation-json.ts";
import type { Outcome } from "../evaluate/exit-codes.ts";
import type { EvaluationFigures } from "../evaluate/figures.ts";
import { raiseWords, limitWords, type SpendingLimit } from "../evaluate/spending-limits.ts";
import { worstFailureWords } from "./failure-words.ts";
import { studentNames } from "./student-names.ts";
import { verdictReason } from "./verdict-words.ts";

/** Why a run does not end with exit code 0, and what to do, in sentences; null where it does. `passed` is the limit that ended it. */
export function problemWords(
  outcome: Outcome,
  figures: EvaluationFigures,
  passed: SpendingLimit | undefined,
): string | null {
  switch (outcome) {
    case "service failed": {
      const why = worstFailureWords(figures) ?? "the service of a student or of the judge failed";
      return `${asSentence(why)} Correct that, and run it again: what is done is kept.`;
    }
    case "nothing measured": {
      const limit =
        passed === undefined ? "the limit of minutes on the device" : `the limit of ${limitWords(passed)}`;
      const raise =
        passed === undefined
          ? "Raise --budget-minutes, and run it again: what is done is kept."
          : raiseWords(passed);
      return `Nothing was measured: ${limit} ended the run before any case had results that can be compared. ${raise}`;
    }
    case "void":
      return `The results cannot be used: ${voidReason(figures)}.`;
    case "refused":
      return "Noise alone crosses the margin: raise evaluate.margin, or the repeats.";
    default:
      return null;
  }
}

function voidReason({ skills, plan }: EvaluationFigures): string {
  const nameOf = studentNames(plan);
  for (const { skill, students } of skills)
    for (const student of students) {
      if (!isVoidFor(student)) continue;
      const name = nameOf(student.student, student.version);
      return `of ${skill.name} for ${name}, ${verdictReason(student, plan)}`;
    }
  return "the run is void";
}

function asSentence(clause: string): string {
  return `${clause.charAt(0).toUpperCase()}${clause.slice(1)}.`;
}
