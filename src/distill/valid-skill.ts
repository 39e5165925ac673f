import { Failure } from "../failure.ts";
import { lintSkill } from "../skills/lint.ts";

/** Throws `Failure` (exit code 1) for a skill that our own lint would refuse: such a one is never proposed. */
export function requireValidSkill(skill: { name: string; path: string; text: string }, remedy: string): void {
  const finding = lintSkill(skill.text, skill.path, { folder: skill.name }).find(
    ({ severity }) => severity === "error",
  );
  if (!finding) return;
  const problem = `${skill.path}:${finding.line} would break the rule ${finding.rule}: ${finding.message}`;
  throw new Failure(problem, { remedy, exitCode: 1 });
}
