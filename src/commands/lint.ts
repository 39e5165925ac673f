import { stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { usageFailure } from "../failure.ts";
import type { Reporter } from "../reporter.ts";
import { checkLibrary } from "../skills/library.ts";
import { type Finding, lintSkill } from "../skills/lint.ts";
import { describeProblem } from "../skills/lint-rules.ts";
import { readSkillText } from "../skills/skill-search.ts";
import { reportedPath } from "./reported-path.ts";

export interface LintResult {
  command: "lint";
  /** How many files were looked at. */
  files: number;
  /** By file, then by line; `file` is relative to the working folder when inside it. */
  findings: Finding[];
  errors: number;
  warnings: number;
}

/**
 * Validates skills against the specification. `paths` are folders, searched at any depth, or single files.
 * Throws a Failure (exit code 2) for a path that does not exist; bad skills are findings.
 */
export async function lint(
  request: { paths: string[] },
  context: { cwd: string; reporter: Reporter },
): Promise<LintResult> {
  if (request.paths.length === 0) {
    throw usageFailure("No path to check was given.", "Name a SKILL.md or a folder with skills.");
  }
  const checked = new Map<string, Finding[]>();
  for (const [done, path] of request.paths.entries()) {
    context.reporter.progress("Checking skills", done, request.paths.length);
    const files = await checkPath(resolve(context.cwd, path), path);
    if (files.length === 0) context.reporter.warning(`There is no SKILL.md below ${path}.`);
    for (const { absolute, findings } of files) {
      const file = reportedPath(absolute, context.cwd);
      checked.set(
        file,
        findings.map((finding) => ({ ...finding, file })),
      );
    }
  }
  context.reporter.progress("Checking skills", request.paths.length, request.paths.length);

  const findings = [...checked.values()].flat();
  const errors = findings.filter(({ severity }) => severity === "error").length;
  return { command: "lint", files: checked.size, findings, errors, warnings: findings.length - errors };
}

async function checkPath(
  absolute: string,
  given: string,
): Promise<{ absolute: string; findings: Finding[] }[]> {
  if (await isFolder(absolute, given)) {
    const files = await checkLibrary(absolute);
    return files.map(({ path, findings }) => ({ absolute: join(absolute, path), findings }));
  }
  const read = await readSkillText(absolute);
  const name = basename(absolute);
  const findings =
    "text" in read
      ? lintSkill(read.text, name, { folder: basename(dirname(absolute)) })
      : [describeProblem(read.problem, name)];
  return [{ absolute, findings }];
}

async function isFolder(absolute: string, given: string): Promise<boolean> {
  try {
    return (await stat(absolute)).isDirectory();
  } catch (thrown) {
    throw usageFailure(
      `The path ${given} does not exist or cannot be reached.`,
      "Name a SKILL.md or a folder with skills.",
      thrown,
    );
  }
}
