import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { writeBlob } from "./blob.ts";
import { git, objectId, tryGit } from "./git.ts";
import { apiAddress } from "./repository.ts";
import { Refusal, repositoryRoute, type Route } from "./route.ts";
import type { Hub, Repository } from "./state.ts";

export interface TreeEntry {
  mode: string;
  type: string;
  sha: string;
  /** Absent for trees and submodules. */
  size: number | undefined;
  path: string;
}

/** The entries of a tree, or of everything below it. A path limits them to that entry. */
export async function treeEntries(
  repository: Repository,
  tree: string,
  options: { recursive?: boolean; path?: string } = {},
): Promise<TreeEntry[]> {
  const flags = options.recursive === true ? ["-r", "-t"] : [];
  const path = options.path === undefined ? [] : ["--", options.path];
  const listed = await repository.git("ls-tree", "-z", "--long", ...flags, tree, ...path);
  return listed
    .split("\0")
    .filter((line) => line !== "")
    .map((line) => {
      const tab = line.indexOf("\t");
      const [facts, name] = [line.slice(0, tab), line.slice(tab + 1)];
      const [mode = "", type = "", sha = "", size = "-"] = facts.split(/ +/);
      return { mode, type, sha, size: size === "-" ? undefined : Number(size), path: name };
    });
}

/** One line of `git update-index --index-info`; a `sha` of `null` removes the path. */
interface Change {
  path: string;
  mode: string;
  sha: string | null;
}

/** A new tree: `base` (or nothing) with the changes made, through an index of its own. */
export async function writeTree(
  repository: Repository,
  base: string | undefined,
  changes: Change[],
): Promise<string> {
  const index = join(repository.directory, `index-${randomUUID()}`);
  const options = { env: { GIT_INDEX_FILE: index } };
  try {
    if (base !== undefined) await git(repository.directory, ["read-tree", base], options);
    const folders = changes.filter((change) => change.mode === "040000");
    for (const { path, sha } of folders) {
      await git(repository.directory, ["read-tree", `--prefix=${path}/`, String(sha)], options);
    }
    const lines = changes
      .filter((change) => change.mode !== "040000")
      .map(({ path, mode, sha }) => `${sha === null ? "0" : mode} ${sha ?? "0".repeat(40)}\t${path}\0`);
    const input = lines.join("");
    await git(repository.directory, ["update-index", "-z", "--index-info"], { ...options, input });
    return await git(repository.directory, ["write-tree"], options);
  } finally {
    await rm(index, { force: true });
  }
}

async function treeAnswer(
  hub: Hub,
  repository: Repository,
  sha: string,
  recursive: boolean,
): Promise<unknown> {
  const entries = await treeEntries(repository, sha, { recursive });
  return {
    sha,
    url: apiAddress(hub, repository, `/git/trees/${sha}`),
    tree: entries.map(({ size, ...entry }) => ({
      ...entry,
      ...(size === undefined ? {} : { size }),
      url: apiAddress(hub, repository, `/git/${entry.type}s/${entry.sha}`),
    })),
    truncated: false,
  };
}

const malformedPath = /^\/|\/$|\/\/|^$|(^|\/)(\.|\.\.|\.git)(\/|$)/i;

export const treeRoutes: [string, Route][] = [
  repositoryRoute("git/get-tree", ["contents=read"], async ({ hub, repository, path, query }) => {
    const sha = await objectId(repository.directory, String(path.tree_sha), "tree");
    if (sha === undefined) throw new Refusal(404, "Not Found");
    return { status: 200, body: await treeAnswer(hub, repository, sha, query.recursive !== undefined) };
  }),
  repositoryRoute("git/create-tree", ["contents=write"], async ({ hub, repository, body }) => {
    const base = body.base_tree;
    if (base !== undefined && (await objectId(repository.directory, base, "tree")) === undefined) {
      throw new Refusal(404, "Not Found");
    }
    const changes: Change[] = [];
    for (const { path = "", mode = "", sha, content } of body.tree) {
      if (malformedPath.test(path)) throw new Refusal(422, "tree.path contains a malformed path component");
      if (mode === "") throw new Refusal(422, "Must supply a valid tree.mode");
      const id = content === undefined ? sha : await writeBlob(repository, content);
      if (id === undefined) throw new Refusal(422, "Must supply either tree.sha or tree.content");
      const isKnown = id === null || (await tryGit(repository.directory, ["cat-file", "-e", id])).code === 0;
      if (!isKnown) throw new Refusal(422, `tree.sha ${id} is not a valid blob`);
      changes.push({ path, mode, sha: id });
    }
    const tree = await writeTree(repository, base, changes);
    return { status: 201, body: await treeAnswer(hub, repository, tree, false) };
  }),
];
