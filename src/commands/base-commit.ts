import type { Config } from "../config/config.ts";
import { GitExit } from "../git/git.ts";
import {
  commitOf,
  currentCommit,
  type GitRepository,
  remoteDefaultBranch,
  resolveCommit,
} from "../git/repository.ts";

/**
 * The commit that the base arm is read from: the one that is named, else where the working copy left the target branch,
 * which is the configured one or the default branch. Undefined where nothing tells, as in a repository without commits.
 * Throws `Failure` (exit code 2) for a name that is no commit.
 */
export async function baseCommit(
  repository: GitRepository,
  named: string | undefined,
  config: Pick<Config, "pull-request">,
): Promise<string | undefined> {
  if (named !== undefined) return commitOf(repository, named);
  const head = await currentCommit(repository);
  if (head === undefined) return undefined;
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

/** Undefined where the histories share nothing, or a shallow clone does not reach as far. */
async function mergeBase({ git }: GitRepository, one: string, other: string): Promise<string | undefined> {
  try {
    return (await git.text(["merge-base", one, other])).trim() || undefined;
  } catch (error) {
    if (error instanceof GitExit) return undefined;
    throw error;
  }
}
