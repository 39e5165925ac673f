import { join, relative, sep } from "node:path";
import { dirname as parentOf } from "node:path/posix";
import { usageFailure } from "../failure.ts";
import { liesInside, realPath } from "../files/real-path.ts";
import { type GitRepository, listFilesAt } from "../git/repository.ts";

/** A skill whose files differ between a commit and the working tree. */
export interface ChangedSkill {
  /** The skill's folder; absolute, without links above it. */
  folder: string;
  /** Of the SKILL.md, from the top of the repository, with slashes. */
  path: string;
  change: "added" | "changed" | "removed";
}

/** Folders that hold no skills, as in the search for them. */
const passedOver = /(?:^|\/)(?:\.git|node_modules|\.archive)\//;

/**
 * The skills of a library that differ from a commit, by path: those that are there now with any file below their folder
 * added, changed or removed, untracked files too, and those that are gone. Without a commit every skill is new. Throws
 * `Failure` (exit code 2) for a library outside of the repository.
 */
export async function changedSkills(
  repository: GitRepository,
  base: string | undefined,
  library: string,
): Promise<ChangedSkill[]> {
  const real = await realPath(library);
  if (!liesInside(real, repository.folder)) {
    throw usageFailure(
      `The library ${library} lies outside of the repository, and nothing tells what changed in it.`,
      "Run this in the repository that holds the library.",
    );
  }
  const inside = relative(repository.folder, real).split(sep).join("/");
  const below = inside === "" ? [] : [inside];
  const before =
    base === undefined ? [] : (await listFilesAt(repository, base, inside)).map(({ path }) => path);
  const now = await listed(repository, [
    "ls-files",
    "-z",
    "--cached",
    "--others",
    "--exclude-standard",
    "--",
    ...below,
  ]);
  const gone = new Set(await listed(repository, ["ls-files", "-z", "--deleted", "--", ...below]));
  const present = now.filter((path) => !gone.has(path));
  const differing =
    base === undefined
      ? present
      : [
          // A rename is a skill that went and one that came.
          ...(await listed(repository, [
            "diff",
            "--name-only",
            "-z",
            "--no-renames",
            "--no-ext-diff",
            base,
            "--",
            ...below,
          ])),
          ...(await listed(repository, ["ls-files", "-z", "--others", "--exclude-standard", "--", ...below])),
        ];
  const skillsBefore = skillFolders(before);
  const skillsNow = skillFolders(present);
  const found = new Set<string>();
  for (const path of differing) {
    if (passedOver.test(path)) continue;
    const folder = folderAround(path, skillsNow) ?? folderAround(path, skillsBefore);
    if (folder !== undefined) found.add(folder);
    // A skill that moved into another's folder leaves a trace in its own, too.
    const earlier = folderAround(path, skillsBefore);
    if (earlier !== undefined && !skillsNow.has(earlier)) found.add(earlier);
  }
  return [...found].sort().map((folder) => ({
    folder: join(repository.folder, ...folder.split("/")),
    path: `${folder}/SKILL.md`,
    change: skillsNow.has(folder) ? (skillsBefore.has(folder) ? "changed" : "added") : "removed",
  }));
}

async function listed({ git }: GitRepository, args: readonly string[]): Promise<string[]> {
  return (await git.text(args)).split("\0").filter((path) => path !== "");
}

/** SKILL.md in any spelling: the linter refuses the others, and nothing may hide behind one. */
function skillFolders(paths: readonly string[]): Set<string> {
  return new Set(paths.filter((path) => /(?:^|\/)skill\.md$/i.test(path)).map((path) => parentOf(path)));
}

/** The innermost of the folders that holds a path. */
function folderAround(path: string, folders: ReadonlySet<string>): string | undefined {
  for (let folder = parentOf(path); folder !== "." && folder !== "/"; folder = parentOf(folder)) {
    if (folders.has(folder)) return folder;
  }
  return undefined;
}
