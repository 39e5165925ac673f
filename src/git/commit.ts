import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Failure } from "../failure.ts";
import type { GitOptions } from "./git.ts";
import { assertSafePath, assertSeparatePaths } from "./path.ts";
import { commitOf, listTree, treeOf, type GitRepository } from "./repository.ts";

/** A regular file to write, or to delete where `content` is `null`. Text is written as UTF-8. */
export interface FileChange {
  path: string;
  content: string | Uint8Array | null;
}

export interface Identity {
  name: string;
  email: string;
}

export interface NewCommit {
  /** The parent: a branch or commit. */
  base: string;
  changes: readonly FileChange[];
  /** From `formatMessage`. */
  message: string;
  author: Identity;
  /** The author where absent. */
  committer?: Identity;
  /** Of author and committer, in whole seconds of UTC: the same input gives the same commit id. */
  date: Date;
}

/**
 * Writes a commit into the object store and returns its id; `null` when the files are as in the base already.
 * No branch moves; the user's working tree and index stay as they are. Files get the mode 100644.
 * Throws `Failure`: exit code 1 for a path that must not be written, 2 for an unknown base.
 */
export async function buildCommit(repository: GitRepository, commit: NewCommit): Promise<string | null> {
  const { changes, message, author, committer = author, date } = commit;
  for (const { path } of changes) assertSafePath(path);
  assertSeparatePaths(changes.filter(({ content }) => content !== null).map(({ path }) => path));
  const base = await commitOf(repository, commit.base);
  await assertRegular(repository, base, changes);
  const tree = await buildTree(repository, base, changes);
  if (tree === (await treeOf(repository, base))) return null;
  const when = `@${Math.floor(date.getTime() / 1000)} +0000`;
  const variables = {
    GIT_AUTHOR_NAME: author.name,
    GIT_AUTHOR_EMAIL: author.email,
    GIT_AUTHOR_DATE: when,
    GIT_COMMITTER_NAME: committer.name,
    GIT_COMMITTER_EMAIL: committer.email,
    GIT_COMMITTER_DATE: when,
  };
  const written = await repository.git.text(["commit-tree", tree, "-p", base], { input: message, variables });
  return written.trim();
}

/** The base's tree with the changes made, through an index file of its own. */
async function buildTree(
  repository: GitRepository,
  base: string,
  changes: readonly FileChange[],
): Promise<string> {
  const { git } = repository;
  const folder = await mkdtemp(join(tmpdir(), "overproof-index-"));
  const here: GitOptions = { variables: { GIT_INDEX_FILE: join(folder, "index") } };
  try {
    await git.text(["read-tree", base], here);
    const entries: string[] = [];
    for (const { path, content } of changes) {
      entries.push(
        content === null
          ? `0 ${"0".repeat(base.length)}\t${path}\0`
          : `100644 ${await writeBlob(repository, content)}\t${path}\0`,
      );
    }
    if (entries.length > 0) {
      await git.text(["update-index", "-z", "--index-info"], { ...here, input: entries.join("") });
    }
    return (await git.text(["write-tree"], here)).trim();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Stores the bytes as they are: without a path git runs no filter of .gitattributes over them. */
async function writeBlob({ git }: GitRepository, content: string | Uint8Array): Promise<string> {
  return (await git.text(["hash-object", "-w", "--stdin"], { input: content })).trim();
}

/** Refuses to write through a symbolic link or a submodule of the base, or over one: the reader would not see it. */
async function assertRegular(
  repository: GitRepository,
  base: string,
  changes: readonly FileChange[],
): Promise<void> {
  const paths = new Set(changes.flatMap(({ path }) => withFolders(path)));
  if (paths.size === 0) return;
  const whole = new Set(changes.map(({ path }) => path));
  for (const { path, mode } of await listTree(repository, base, [...paths])) {
    // For a folder above another path git lists what is in it.
    if (!paths.has(path)) continue;
    const fits = whole.has(path) ? mode.startsWith("100") : mode === "040000";
    if (!fits) {
      throw new Failure(
        `${path} in the repository is ${nameOf(mode)}, which is in the way of a file to be written.`,
        {
          remedy: "Move it away, or choose another library folder.",
          exitCode: 1,
        },
      );
    }
  }
}

function withFolders(path: string): string[] {
  const names = path.split("/");
  return names.map((_, index) => names.slice(0, index + 1).join("/"));
}

function nameOf(mode: string): string {
  const names: Record<string, string> = {
    "120000": "a symbolic link",
    "160000": "a submodule",
    "040000": "a folder",
  };
  return names[mode] ?? "a file";
}
