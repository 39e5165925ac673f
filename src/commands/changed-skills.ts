import { lstat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { dirname as parentOf } from "node:path/posix";
import { usageFailure } from "../failure.ts";
import { type GitRepository, listFilesAt } from "../git/repository.ts";

/** A skill whose files differ between a commit and the working tree. */
export interface ChangedSkill {
  /** The skill's folder; absolute. */
  folder: string;
  /** Of the SKILL.md, from the top of the repository, with slashes. */
  path: string;
  change: "added" | "changed" | "removed";
}

export interface SkillChanges {
  /** By path. */
  skills: ChangedSkill[];
  /**
   * Links and submodules on the way to the libraries and below them, from the top of the repository. What they lead to
   * changes elsewhere, where nobody looks: as long as there are any, nothing tells whether a skill is changed.
   */
  links: string[];
}

/** Folders in which no SKILL.md is looked for, as in the search for skills. */
const passedOver = /(?:^|\/)(?:\.git|node_modules|\.archive)\//;
/** Git's modes of a link and of a submodule. */
const linkModes = new Set(["120000", "160000"]);

/**
 * The skills of libraries that differ from a commit: those that are there now with any file below their folder added,
 * changed or removed, untracked files too, and those that are gone. A file belongs to every skill around it. Without a
 * commit every skill is new. `libraries` are absolute, as the configuration writes them: a link in them is not followed.
 * Throws `Failure` (exit code 2) for a library outside of the repository.
 */
export async function changedSkills(
  repository: GitRepository,
  base: string | undefined,
  libraries: readonly string[],
): Promise<SkillChanges> {
  const found: SkillChanges = { skills: [], links: [] };
  for (const library of new Set(libraries)) {
    const { skills, links } = await changedIn(repository, base, insideOf(repository, library));
    for (const skill of skills) {
      if (!found.skills.some(({ path }) => path === skill.path)) found.skills.push(skill);
    }
    found.links.push(...links.filter((link) => !found.links.includes(link)));
  }
  found.skills.sort((one, other) => (one.path < other.path ? -1 : 1));
  return found;
}

function insideOf(repository: GitRepository, library: string): string {
  const inside = relative(repository.folder, library).split(sep).join("/");
  if (inside !== ".." && !inside.startsWith("../")) return inside;
  throw usageFailure(
    `The library ${library} lies outside of the repository, and nothing tells what changed in it.`,
    "Run this in the repository that holds the library.",
  );
}

async function changedIn(
  repository: GitRepository,
  base: string | undefined,
  inside: string,
): Promise<SkillChanges> {
  const below = inside === "" ? [] : [inside];
  const before =
    base === undefined ? [] : (await listFilesAt(repository, base, inside)).map(({ path }) => path);
  const tracked = await staged(repository, below);
  const untracked = await listed(repository, [
    "ls-files",
    "-z",
    "--others",
    "--exclude-standard",
    "--",
    ...below,
  ]);
  const gone = new Set(await listed(repository, ["ls-files", "-z", "--deleted", "--", ...below]));
  const present = [...tracked.map(({ path }) => path), ...untracked].filter((path) => !gone.has(path));
  const differing =
    base === undefined ? present : [...(await differingFrom(repository, base, below)), ...untracked];
  const links = [
    ...(await linksTo(repository, inside)),
    ...tracked.filter(({ path, mode }) => linkModes.has(mode) && !gone.has(path)).map(({ path }) => path),
    ...(await linksAmong(repository, differing)),
  ];
  const skillsBefore = skillFolders(before, inside);
  const skillsNow = skillFolders(present, inside);
  const changed = new Set<string>();
  for (const path of differing) {
    for (const folder of foldersAround(path)) {
      if (skillsNow.has(folder) || skillsBefore.has(folder)) changed.add(folder);
    }
  }
  const skills = [...changed].map((folder): ChangedSkill => ({
    folder: join(repository.folder, ...folder.split("/")),
    path: folder === "." ? "SKILL.md" : `${folder}/SKILL.md`,
    change: skillsNow.has(folder) ? (skillsBefore.has(folder) ? "changed" : "added") : "removed",
  }));
  return { skills, links: [...new Set(links)].sort() };
}

/** A rename is a skill that went and one that came. */
function differingFrom(repository: GitRepository, base: string, below: readonly string[]): Promise<string[]> {
  const args = ["diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", "--no-textconv", base];
  return listed(repository, [...args, "--", ...below]);
}

async function staged(
  repository: GitRepository,
  below: readonly string[],
): Promise<{ path: string; mode: string }[]> {
  const lines = await listed(repository, ["ls-files", "-z", "--stage", "--", ...below]);
  return lines.map((line) => {
    const tab = line.indexOf("\t");
    return { path: line.slice(tab + 1), mode: line.slice(0, 6) };
  });
}

async function listed({ git }: GitRepository, args: readonly string[]): Promise<string[]> {
  return (await git.text(args)).split("\0").filter((path) => path !== "");
}

/** The parts of the path to a library that are links. */
async function linksTo(repository: GitRepository, inside: string): Promise<string[]> {
  const parts = inside === "" ? [] : inside.split("/");
  return linksAmong(
    repository,
    parts.map((_, index) => parts.slice(0, index + 1).join("/")),
  );
}

/** Those that are links now, whatever git has of them. */
async function linksAmong({ folder }: GitRepository, paths: readonly string[]): Promise<string[]> {
  const links: string[] = [];
  for (const path of paths) {
    const found = await lstat(join(folder, ...path.split("/"))).catch(() => undefined);
    if (found?.isSymbolicLink() === true) links.push(path);
  }
  return links;
}

/** SKILL.md in any spelling: the linter refuses the others, and nothing may hide behind one. */
function skillFolders(paths: readonly string[], library: string): Set<string> {
  const prefix = library === "" ? 0 : library.length + 1;
  return new Set(
    paths
      .filter((path) => /(?:^|\/)skill\.md$/i.test(path) && !passedOver.test(path.slice(prefix)))
      .map((path) => parentOf(path)),
  );
}

/** The folders that hold a path, the innermost first; `.` is the top of the repository. */
function foldersAround(path: string): string[] {
  const folders: string[] = [];
  for (let folder = parentOf(path); ; folder = parentOf(folder)) {
    folders.push(folder);
    if (folder === "." || folder === "/") return folders;
  }
}
