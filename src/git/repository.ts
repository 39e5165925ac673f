import { stat } from "node:fs/promises";
import { usageFailure } from "../failure.ts";
import type { Environment } from "./environment.ts";
import { GitExit, gitIn, type Git } from "./git.ts";

/** A working copy. */
export interface GitRepository {
  /** Top level of the working tree, absolute. */
  folder: string;
  environment: Environment;
  git: Git;
}

/** One file of a tree; `mode` is git's, `100644` for a regular file, `120000` for a symbolic link. */
export interface TreeFile {
  path: string;
  mode: string;
  id: string;
}

/** Opens the working copy that `folder` lies in. Throws `Failure` (exit code 2) when there is none, or no git. */
export async function openRepository(folder: string, environment: Environment): Promise<GitRepository> {
  const isFolder = await stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) throw usageFailure(`There is no folder ${folder}.`, "Name the folder of a git repository.");
  try {
    const top = (await gitIn(folder, environment).text(["rev-parse", "--show-toplevel"])).replace(
      /\r?\n$/,
      "",
    );
    return { folder: top, environment, git: gitIn(top, environment) };
  } catch (error) {
    if (!(error instanceof GitExit)) throw error;
    if (error.stderr.includes("dubious ownership")) {
      throw usageFailure(
        `Git refuses to work in ${folder}, because it belongs to another user.`,
        `If you trust it, run: git config --global --add safe.directory "${folder}"`,
        error,
      );
    }
    if (error.stderr.includes("must be run in a work tree")) {
      throw usageFailure(`${folder} is a git repository without files.`, "Run this in a clone of it.", error);
    }
    throw usageFailure(
      `${folder} is not in a git repository.`,
      "Run this in a clone of the repository, or run `git init` first.",
      error,
    );
  }
}

/** The id of the commit that `ref` names; `undefined` when it names none. */
export async function resolveCommit({ git }: GitRepository, ref: string): Promise<string | undefined> {
  const args = ["rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`];
  return optionalLine(git.text(args));
}

/** The id of the commit that `ref` names; throws `Failure` (exit code 2) when it names none. */
export async function commitOf(repository: GitRepository, ref: string): Promise<string> {
  return (await resolveCommit(repository, ref)) ?? unknownRef(ref);
}

/** The commit of the working copy; `undefined` before the first commit. */
export function currentCommit(repository: GitRepository): Promise<string | undefined> {
  return resolveCommit(repository, "HEAD");
}

/** The branch of the working copy; `undefined` on a detached head, as `actions/checkout` leaves pull requests. */
export function currentBranch({ git }: GitRepository): Promise<string | undefined> {
  return optionalLine(git.text(["symbolic-ref", "--quiet", "--short", "HEAD"]));
}

/** The address that `remote` fetches from, as it is configured; `undefined` when there is no such remote. */
export function remoteAddress({ git }: GitRepository, remote = "origin"): Promise<string | undefined> {
  return optionalLine(git.text(["config", "--get", `remote.${remote}.url`]));
}

/** The default branch of `remote` as the clone remembers it; `actions/checkout` and `git init` remember none. */
export async function remoteDefaultBranch(
  { git }: GitRepository,
  remote = "origin",
): Promise<string | undefined> {
  const prefix = `refs/remotes/${remote}/`;
  const ref = await optionalLine(git.text(["symbolic-ref", "--quiet", `${prefix}HEAD`]));
  return ref?.startsWith(prefix) === true ? ref.slice(prefix.length) : undefined;
}

/** The tree of a commit: two commits hold the same files exactly when their trees are the same. */
export async function treeOf(repository: GitRepository, ref: string): Promise<string> {
  const args = ["rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{tree}`];
  return (await optionalLine(repository.git.text(args))) ?? unknownRef(ref);
}

/** The bytes of a regular file at `ref`; `undefined` when there is none at that path (a link is none). */
export async function readFileAt(
  repository: GitRepository,
  ref: string,
  path: string,
): Promise<Buffer | undefined> {
  const [file] = await listTree(repository, ref, [path]);
  return file?.mode.startsWith("100") === true ? repository.git.blob(file.id) : undefined;
}

/** Every file at `ref`, or every one below `folder`, in git's order. Links and submodules are told by their mode. */
export function listFilesAt(repository: GitRepository, ref: string, folder = ""): Promise<TreeFile[]> {
  const paths = folder === "" ? [] : [`${folder.replace(/\/+$/, "")}/`];
  return listTree(repository, ref, paths, ["-r"]);
}

/** Whether history was cut off by a shallow clone. */
export async function isShallow({ git }: GitRepository): Promise<boolean> {
  return (await git.text(["rev-parse", "--is-shallow-repository"])).trim() === "true";
}

/** Whether a shallow clone ends at a commit: git then shows all of its files as added by it. */
export async function isCutOff(repository: GitRepository, commit: string): Promise<boolean> {
  const [head = ""] = (await repository.git.text(["cat-file", "commit", commit])).split("\n\n");
  for (const [, parent = ""] of head.matchAll(/^parent ([0-9a-f]+)$/gm)) {
    if ((await resolveCommit(repository, parent)) === undefined) return true;
  }
  return false;
}

/** Entries of a tree: the given paths of them, or all. */
export async function listTree(
  repository: GitRepository,
  ref: string,
  paths: readonly string[],
  flags: readonly string[] = [],
): Promise<TreeFile[]> {
  const commit = await commitOf(repository, ref);
  const args = ["ls-tree", "-z", "--full-tree", ...flags, commit, "--", ...paths];
  const listed = await repository.git.text(args);
  return listed
    .split("\0")
    .filter((line) => line !== "")
    .map((line) => {
      const tab = line.indexOf("\t");
      const [mode = "", , id = ""] = line.slice(0, tab).split(" ");
      return { path: line.slice(tab + 1), mode, id };
    });
}

function unknownRef(ref: string): never {
  if (ref === "HEAD") throw usageFailure("This repository has no commit yet.", "Commit something first.");
  throw usageFailure(
    `There is no commit ${ref} in this repository.`,
    "Fetch it, or name a branch or commit that is here.",
  );
}

/** The only line of an answer; `undefined` when git says by its exit code that there is none. */
async function optionalLine(answer: Promise<string>): Promise<string | undefined> {
  try {
    const line = (await answer).replace(/\r?\n$/, "");
    return line === "" ? undefined : line;
  } catch (error) {
    if (error instanceof GitExit) return undefined;
    throw error;
  }
}
