import { isVoidFor } from "../evaluate/evaluation-json.ts";
import type { EvaluationFigures } from "../evaluate/figures.ts";
import { blocksMerge, type MergePolicy } from "../evaluate/merge-policy.ts";
import type { Annotation } from "../github/check-run.ts";
import { differenceWords } from "./figure-words.ts";
import { studentNames } from "./student-names.ts";
import { verdictReason } from "./verdict-words.ts";

/**
 * What stands at the top of each changed skill: the verdict of each student. `pathOf` gives the path of a skill's
 * SKILL.md from the top of the repository.
 */
export function verdictAnnotations(
  figures: EvaluationFigures,
  { policy, pathOf }: { policy: MergePolicy; pathOf: (skill: string) => string | undefined },
): Annotation[] {
  const nameOf = studentNames(figures.plan);
  return figures.skills.flatMap(({ skill, students }) => {
    const path = pathOf(skill.name);
    if (path === undefined) return [];
    return students.map((student): Annotation => {
      const { comparison, verdict } = student;
      const hasDifference = comparison !== null && comparison.decision.cases > 0 && !isVoidFor(student);
      const shown = hasDifference ? ` (${differenceWords(comparison.decision.difference)})` : "";
      const isBlocking = isVoidFor(student) || blocksMerge(policy, verdict);
      return {
        path,
        line: 1,
        level: isBlocking ? "failure" : verdict === "cannot tell" ? "warning" : "notice",
        title: `A/B: ${verdict}`,
        message: `${nameOf(student.student, student.version)}: ${verdict}${shown}; ${verdictReason(student, figures.plan)}.`,
      };
    });
  });
}
