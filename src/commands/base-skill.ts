import { readFile, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { LibraryHome } from "../config/library-home.ts";
import type { LibraryState } from "../distill/distill-material.ts";
import type { BaseSkill } from "../distill/generation.ts";
import { skillNamePattern } from "../distill/proposal.ts";
import { Failure, reasonOf, usageFailure } from "../failure.ts";
import { liesInside, realPath } from "../files/real-path.ts";
import { parseSkillFile } from "../skills/skill-file.ts";

/** Tells skills from traces by what lies there. Throws `Failure` (exit code 2) for a second skill and a missing path. */
export async function sortedPaths(
  from: readonly string[],
  cwd: string,
): Promise<{ skills: string[]; traces: string[] }> {
  const skills: string[] = [];
  const traces: string[] = [];
  for (const named of from) {
    const path = resolve(cwd, named);
    const found = await stat(path).catch((error: unknown) => {
      throw usageFailure(`${named} cannot be read: ${reasonOf(error)}.`, "Name a trace or a skill.", error);
    });
    const file = found.isDirectory() ? join(path, "SKILL.md") : path;
    const isSkill = basename(file) === "SKILL.md" && (await isFile(file));
    if (isSkill) skills.push(await realPath(dirname(file)));
    else traces.push(path);
  }
  if (skills.length > 1) {
    throw usageFailure(
      `${skills.length} skills are named, and one can be improved at a time.`,
      "Leave one of them; overproof organize merges skills.",
    );
  }
  return { skills, traces };
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

export interface FoundBase {
  base: BaseSkill;
  /** For messages. */
  folder: string;
  /** The text of a file beside the skill. */
  read: (path: string) => Promise<string | undefined>;
  isInLibrary: boolean;
}

/** The skill to improve: one of the library where it stands, any other as a new one of the library. */
export async function findBase(folder: string, home: LibraryHome, state: LibraryState): Promise<FoundBase> {
  const file = join(folder, "SKILL.md");
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw usageFailure(`${file} cannot be read: ${reasonOf(error)}.`, "Make it a readable file.", error);
  });
  const { name } = parseSkillFile(text, file).frontMatter;
  const there = state.skills.get(name);
  const isInLibrary =
    there !== undefined && (await realPath(dirname(join(home.library, there.path)))) === folder;
  if (there !== undefined && !isInLibrary) {
    throw usageFailure(
      `The library has another skill ${JSON.stringify(name)}, at ${there.path}.`,
      "Improve that one, or name another library with --output.",
    );
  }
  if (there === undefined && !skillNamePattern.test(name)) {
    // It is going to be a folder of the library.
    const remedy = "Give it a name of lower-case letters, digits and single hyphens.";
    throw usageFailure(`${file} has the name ${JSON.stringify(name.slice(0, 80))}.`, remedy);
  }
  const path = there?.path ?? `${name}/SKILL.md`;
  if (state.rejected.has(path)) {
    const problem = `${path} exists and is not a valid skill.`;
    throw new Failure(problem, { remedy: "Run overproof lint and correct it first.", exitCode: 1 });
  }
  const read = async (beside: string): Promise<string | undefined> => {
    const target = join(folder, beside);
    if (!liesInside(await realPath(target), folder)) return undefined;
    return readFile(target, "utf8").catch(() => undefined);
  };
  // A file of upskill's may hold tests that no other file has. New cases for evals.json are added to those that it
  // holds, so nothing of a person's is lost there.
  const meta = isInLibrary ? await read("skill_meta.json") : undefined;
  const files = new Map(meta === undefined ? [] : [["skill_meta.json", meta]]);
  const evidence = isInLibrary ? state.evidence.get(name) : undefined;
  return { base: { name, path, existing: { text, evidence, files } }, folder, read, isInLibrary };
}
