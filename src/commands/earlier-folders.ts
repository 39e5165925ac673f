import { join } from "node:path";
import { dirname } from "node:path/posix";
import { type GitRepository, readFileAt } from "../git/repository.ts";
import { readSkillFile } from "../skills/skill-file.ts";
import { readSkillText } from "../skills/skill-search.ts";
import type { ChangedSkill } from "./changed-skills.ts";

/** Git's measure, in percent: a text that shares less is another one. */
const similar = 40;

/**
 * Where skills that are new at their place lay in a commit, by their folder now (absolute) and then (from the top of
 * the repository): git finds the SKILL.md moved, or a skill of the same name went in the same change. A skill that
 * moves stays what it was, and is held against that.
 */
export async function earlierFolders(
  repository: GitRepository,
  base: string,
  skills: readonly ChangedSkill[],
): Promise<Map<string, string>> {
  const added = skills.filter(({ change }) => change === "added");
  const removed = skills.filter(({ change }) => change === "removed");
  const earlier = new Map<string, string>();
  if (added.length === 0 || removed.length === 0) return earlier;
  const moves = await movedFiles(repository, base, [...added, ...removed]);
  const names = new Map<string, string>();
  for (const { path } of removed) {
    const text = await readFileAt(repository, base, path);
    const name = text && readSkillFile(text.toString("utf8")).skill?.frontMatter.name;
    if (name !== undefined && name !== "") names.set(name, dirname(path));
  }
  for (const { folder, path } of added) {
    const moved = moves.get(path);
    const name = await nameIn(repository, path);
    const before = (moved === undefined ? undefined : dirname(moved)) ?? (name && names.get(name));
    if (before !== undefined && before !== "") earlier.set(folder, before);
  }
  return earlier;
}

async function nameIn({ folder }: GitRepository, path: string): Promise<string | undefined> {
  const read = await readSkillText(join(folder, ...path.split("/")));
  return "text" in read ? readSkillFile(read.text).skill?.frontMatter.name : undefined;
}

/** SKILL.md files that git takes for moved: where each lay, by where it lies. */
async function movedFiles(
  { git }: GitRepository,
  base: string,
  skills: readonly ChangedSkill[],
): Promise<Map<string, string>> {
  const args = ["diff", "--name-status", "-z", `--find-renames=${similar}%`, "--diff-filter=R"];
  const paths = skills.map(({ path }) => path);
  const parts = (await git.text([...args, "--no-ext-diff", "--no-textconv", base, "--", ...paths])).split(
    "\0",
  );
  const moves = new Map<string, string>();
  for (let index = 0; index + 2 < parts.length; index += 3) {
    const [, from = "", to = ""] = parts.slice(index, index + 3);
    moves.set(to, from);
  }
  return moves;
}
