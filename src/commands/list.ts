import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { usageFailure } from "../failure.ts";
import { realPath } from "../files/real-path.ts";
import type { Reporter } from "../reporter.ts";
import { scanLibrary } from "../skills/library.ts";
import type { Finding } from "../skills/lint.ts";
import { estimateTokens } from "../skills/text-size.ts";
import { configuredLibrary } from "./configured-library.ts";
import { reportedPath } from "./reported-path.ts";

export interface ListedSkill {
  name: string;
  /** Of the `SKILL.md`, relative to the working folder when inside it. */
  path: string;
  description: string;
  /** How the skill came about and for which DSL, from its metadata; empty where it does not say. */
  source: string;
  dsl: string;
  /** About what the whole file costs an agent that loads it. */
  tokens: number;
}

export interface ListResult {
  command: "list";
  skills: ListedSkill[];
  /** Files that cannot be used as skills. */
  rejected: { path: string; findings: Finding[] }[];
}

/**
 * The skills of a library, the configured one where none is named, sorted by path. The configured one is empty as long
 * as it does not exist. Throws `Failure` (exit code 2) for a named one that does not.
 */
export async function list(
  request: { library?: string | undefined; config?: string | undefined },
  context: { cwd: string; reporter: Reporter },
): Promise<ListResult> {
  const cwd = await realPath(context.cwd);
  const library =
    request.library === undefined
      ? await configuredLibrary(cwd, request.config)
      : resolve(cwd, request.library);
  if (request.library !== undefined && !(await isFolder(library))) {
    throw usageFailure(`There is no folder ${request.library}.`, "Name the folder of a library.");
  }
  const { skills, rejected } = await scanLibrary(library);
  if (skills.length + rejected.length === 0) {
    context.reporter.warning(`There is no SKILL.md below ${request.library ?? reportedPath(library, cwd)}.`);
  }
  const pathOf = (path: string): string => reportedPath(join(library, path), cwd);
  return {
    command: "list",
    skills: skills.map(({ name, path, skill: { frontMatter, text } }) => ({
      name,
      path: pathOf(path),
      description: frontMatter.description,
      source: frontMatter.metadata["source"] ?? "",
      dsl: frontMatter.metadata["dsl"] ?? "",
      tokens: estimateTokens(text),
    })),
    rejected: rejected.map(({ path, findings }) => ({
      path: pathOf(path),
      findings: findings.map((finding) => ({ ...finding, file: pathOf(path) })),
    })),
  };
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
