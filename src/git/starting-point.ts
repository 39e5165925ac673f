import type { FileChange, Identity } from "./commit.ts";
import { GitExit } from "./git.ts";
import { type GitRepository, readFileAt, resolveCommit } from "./repository.ts";

/** What the next commit of a branch stands on, and what it has to bring along. */
export interface StartingPoint {
  /** The commit that the library is read from. */
  content: string;
  /** The parent of the next commit. */
  parent: string;
  /** The branch as it is now; undefined when there is none. */
  head: string | undefined;
  /** The branch's own commits are replaced by the next one. */
  rewrites: boolean;
  /** Files of the replaced commits that the next one keeps. */
  carried: FileChange[];
  /** Paths that the branch changed since it left the base. */
  changed: readonly string[];
}

/**
 * Where the next commit of one of our branches goes. While a branch holds nothing but our commits it stays a single
 * commit on top of the base. As soon as somebody else's commit is on it, or the base changed the same files, new
 * commits are only added: what people pushed is never rewritten.
 */
export async function startingPoint(
  repository: GitRepository,
  { base, head, committer }: { base: string; head: string | undefined; committer: Identity },
): Promise<StartingPoint> {
  const fresh: StartingPoint = {
    content: base,
    parent: base,
    head,
    rewrites: true,
    carried: [],
    changed: [],
  };
  if (head === undefined || (await isAncestor(repository, head, base))) return fresh;
  const fork = await mergeBase(repository, base, head);
  const ours = fork === undefined ? [] : await changedPaths(repository, fork, head);
  const added: StartingPoint = {
    content: head,
    parent: head,
    head,
    rewrites: false,
    carried: [],
    changed: ours,
  };
  if (fork === undefined || !(await allBy(repository, committer, `${fork}..${head}`))) return added;
  const theirs = new Set(await changedPaths(repository, fork, base));
  if (ours.some((path) => theirs.has(path))) return added;
  const carried: FileChange[] = [];
  for (const path of ours)
    carried.push({ path, content: (await readFileAt(repository, head, path)) ?? null });
  return { content: head, parent: base, head, rewrites: true, carried, changed: ours };
}

/**
 * The same for a change that is made anew from the base each time: the branch becomes a single commit on the base. Where
 * somebody else's commit is on it, it is the branch as it stands, which is not rewritten.
 */
export async function freshStart(
  repository: GitRepository,
  { base, head, committer }: { base: string; head: string | undefined; committer: Identity },
): Promise<StartingPoint> {
  const fresh = { content: base, parent: base, head, rewrites: true, carried: [], changed: [] };
  if (head === undefined || (await isAncestor(repository, head, base))) return fresh;
  // A shallow clone may not reach the fork; such a branch has one commit of ours, and people's come after it.
  const fork = (await mergeBase(repository, base, head)) ?? (await resolveCommit(repository, `${head}^`));
  const changed = fork === undefined ? [] : await changedPaths(repository, fork, head);
  if (fork !== undefined && (await allBy(repository, committer, `${fork}..${head}`))) {
    return { ...fresh, changed };
  }
  return { ...fresh, content: head, parent: head, rewrites: false, changed };
}

/** Whether a commit is another one, or in its history; false where a shallow clone does not reach as far. */
export async function isAncestor(
  { git }: GitRepository,
  ancestor: string,
  descendant: string,
): Promise<boolean> {
  try {
    await git.text(["merge-base", "--is-ancestor", ancestor, descendant]);
    return true;
  } catch (error) {
    if (error instanceof GitExit && error.exitCode === 1) return false;
    throw error;
  }
}

/** Undefined where the histories share nothing, or a shallow clone does not reach as far. */
async function mergeBase({ git }: GitRepository, left: string, right: string): Promise<string | undefined> {
  try {
    return (await git.text(["merge-base", left, right])).trim() || undefined;
  } catch (error) {
    if (error instanceof GitExit && error.exitCode === 1) return undefined;
    throw error;
  }
}

async function allBy({ git }: GitRepository, { name, email }: Identity, range: string): Promise<boolean> {
  const committers = (await git.text(["log", "-z", "--format=%cn <%ce>", range])).split("\0").filter(Boolean);
  return committers.every((committer) => committer.trim() === `${name} <${email}>`);
}

async function changedPaths({ git }: GitRepository, from: string, to: string): Promise<string[]> {
  const listed = await git.text(["diff", "--name-only", "--no-renames", "--no-ext-diff", "-z", from, to]);
  return listed.split("\0").filter((path) => path !== "");
}
