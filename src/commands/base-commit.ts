import type { Config } from "../config/config.ts";
import { usageFailure } from "../failure.ts";
import { GitExit } from "../git/git.ts";
import {
  commitOf,
  currentCommit,
  type GitRepository,
  remoteDefaultBranch,
  resolveCommit,
} from "../git/repository.ts";
import type { GitHubEvent } from "../github/event.ts";

/**
 * The commit that the base arm is read from: the one that is named, else the one that the event's change starts from,
 * else where the working copy left the target branch, which is the configured one or the default branch. Undefined
 * where nothing tells, as in a repository without commits.
 * Throws `Failure` (exit code 2) for a name that is no commit, and for an event whose base is not in the clone.
 */
export async function baseCommit(
  repository: GitRepository,
  named: string | undefined,
  config: Pick<Config, "pull-request">,
  event?: GitHubEvent,
): Promise<string | undefined> {
  if (named !== undefined) return commitOf(repository, named);
  const head = await currentCommit(repository);
  if (head === undefined) return undefined;
  if (event !== undefined) return eventBase(repository, event, head);
  const branch = config["pull-request"].base ?? (await remoteDefaultBranch(repository));
  const names = branch === undefined ? ["main", "master"] : [branch];
  for (const name of names) {
    for (const ref of [`refs/remotes/origin/${name}`, `refs/heads/${name}`]) {
      const target = await resolveCommit(repository, ref);
      if (target === undefined) continue;
      return mergeBase(repository, target, head);
    }
  }
  return undefined;
}

/**
 * Where the change of an event starts. A shallow clone may hold the commit without the history to it; then, and on a
 * merge commit, as `actions/checkout` makes it for pull requests, it is the commit itself or the first parent.
 */
async function eventBase(repository: GitRepository, { baseSha }: GitHubEvent, head: string): Promise<string> {
  const target = await resolveCommit(repository, baseSha);
  if (target !== undefined) return (await mergeBase(repository, target, head)) ?? target;
  const isMerge = (await resolveCommit(repository, `${head}^2`)) !== undefined;
  const first = isMerge ? await resolveCommit(repository, `${head}^1`) : undefined;
  if (first !== undefined) return first;
  throw usageFailure(
    `The commit ${baseSha.slice(0, 12)}, which this change starts from, is not in this clone.`,
    "Check out with fetch-depth: 0.",
  );
}

/** Undefined where the histories share nothing, or a shallow clone does not reach as far. */
export async function mergeBase(
  { git }: GitRepository,
  one: string,
  other: string,
): Promise<string | undefined> {
  try {
    return (await git.text(["merge-base", one, other])).trim() || undefined;
  } catch (error) {
    if (error instanceof GitExit) return undefined;
    throw error;
  }
}
