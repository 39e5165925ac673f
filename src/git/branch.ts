import { Failure, usageFailure } from "../failure.ts";
import { GitExit } from "./git.ts";
import { currentBranch, resolveCommit, type GitRepository } from "./repository.ts";

/** The rules of `git check-ref-format`, and no leading hyphen, which git would read as an option. */
const impossible = /[\p{Cc} ~^:?*[\\]|\.\.|@\{|\/\/|\/\.|\.lock(?:\/|$)|^[-./]|[./]$|^@?$/u;

/** Throws `Failure` (exit code 2) unless git can have a branch of that name. */
export function assertBranchName(name: string): void {
  if (!impossible.test(name)) return;
  throw usageFailure(
    `${JSON.stringify(name)} cannot be the name of a branch.`,
    "Use letters, digits, and . _ - / between them.",
  );
}

/** The commit of a branch of this repository; `undefined` when there is no such branch. */
export function branchCommit(repository: GitRepository, branch: string): Promise<string | undefined> {
  assertBranchName(branch);
  return resolveCommit(repository, `refs/heads/${branch}`);
}

/**
 * Makes a branch or moves it. The branch that is checked out is refused (exit code 2): the user's files would no
 * longer fit it. Throws `Failure` (exit code 3) when somebody moves the branch at the same time.
 */
export async function setBranch(repository: GitRepository, branch: string, commit: string): Promise<void> {
  const before = await branchCommit(repository, branch);
  if ((await currentBranch(repository)) === branch) {
    throw usageFailure(
      `The branch ${branch} is checked out here.`,
      "Switch to another branch first; your files stay as they are.",
    );
  }
  try {
    const expected = before ?? "0".repeat(commit.length);
    await repository.git.text(["update-ref", `refs/heads/${branch}`, commit, expected]);
  } catch (error) {
    if (!(error instanceof GitExit)) throw error;
    throw new Failure(`The branch ${branch} could not be moved.`, {
      remedy: "Another program works in this repository; run this again.",
      exitCode: 3,
      cause: error,
    });
  }
}
