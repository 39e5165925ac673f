import { stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { usageFailure } from "../failure.ts";
import { realPath } from "../files/real-path.ts";
import type { Reporter } from "../reporter.ts";
import { checkLibrary } from "../skills/library.ts";
import { type Finding, lintSkill } from "../skills/lint.ts";
import { describeProblem } from "../skills/lint-rules.ts";
import { readSkillText } from "../skills/skill-search.ts";
import { configuredLibrary } from "./configured-library.ts";
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
 * Validates skills against the specification. `paths` are folders, searched at any depth, or single files; none means
 * the configured library.
 * Throws a Failure (exit code 2) for a path that does not exist; bad skills are findings.
 */
export async function lint(
  request: { paths: readonly string[]; config?: string | undefined },
  context: { cwd: string; reporter: Reporter },
): Promise<LintResult> {
  const { reporter } = context;
  const cwd = await realPath(context.cwd);
  const named = request.paths.length > 0 ? request.paths : [await configuredLibrary(cwd, request.config)];
  const checked = new Map<string, Finding[]>();
  for (const [done, path] of named.entries()) {
    reporter.progress("Checking skills", done, named.length);
    const absolute = resolve(cwd, path);
    const given = isAbsolute(path) ? reportedPath(path, cwd) : path;
    const files = await checkPath(absolute, given);
    if (files.length === 0) reporter.warning(`There is no SKILL.md below ${given}.`);
    for (const { absolute, findings } of files) {
      const file = reportedPath(absolute, cwd);
      checked.set(
        file,
        findings.map((finding) => ({ ...finding, file })),
      );
    }
  }
  reporter.progress("Checking skills", named.length, named.length);

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
