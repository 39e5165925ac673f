import { Failure } from "../failure.ts";
import type { Reporter } from "../reporter.ts";
import { assertBranchName } from "./branch.ts";
import { remoteFailure, runRemote, type Remote, type RemoteRun } from "./remote-git.ts";
import { resolveCommit, type GitRepository } from "./repository.ts";

/** How to reach a repository on a server from a working copy. */
export interface Link {
  repository: GitRepository;
  remote: Remote;
  reporter: Reporter;
  sleep: (milliseconds: number) => Promise<void>;
}

/** Waits before the second, third and fourth try, in milliseconds. */
const waits = [1000, 3000, 9000];

/** The commit of a branch on the server; `undefined` when there is no such branch. */
export async function remoteBranch(link: Link, branch: string): Promise<string | undefined> {
  assertBranchName(branch);
  const ref = `refs/heads/${branch}`;
  const run = await persistently(link, "read", ["ls-remote", "--refs", link.remote.url, ref]);
  const line = run.stdout.split("\n").find((candidate) => candidate.endsWith(`\t${ref}`));
  return line?.slice(0, line.indexOf("\t"));
}

/** The default branch of the repository on the server; `undefined` when it is empty. */
export async function remoteHead(link: Link): Promise<string | undefined> {
  const run = await persistently(link, "read", ["ls-remote", "--symref", link.remote.url, "HEAD"]);
  return /^ref: refs\/heads\/(.+)\tHEAD$/m.exec(run.stdout)?.[1];
}

/**
 * Brings the commit of a branch on the server here and returns its id; `undefined` when there is no such branch.
 * None of the user's refs moves, `FETCH_HEAD` included.
 */
export async function fetchBranch(link: Link, branch: string): Promise<string | undefined> {
  const commit = await remoteBranch(link, branch);
  if (commit === undefined || (await resolveCommit(link.repository, commit)) !== undefined) return commit;
  await fetchObjects(link, [commit]);
  return commit;
}

/** Brings objects here by their whole ids; `more` are options of `git fetch`. None of the user's refs moves. */
export async function fetchObjects(
  link: Link,
  ids: readonly string[],
  more: readonly string[] = [],
): Promise<void> {
  const quietly = [
    "--quiet",
    "--no-tags",
    "--no-write-fetch-head",
    "--no-recurse-submodules",
    "--no-auto-maintenance",
  ];
  await persistently(link, "read", ["fetch", ...quietly, ...more, link.remote.url, ...ids]);
}

export interface Push {
  branch: string;
  commit: string;
  /**
   * What the branch on the server must be for it to be rewritten: a commit, or `null` for "not there yet".
   * Absent: the branch is only moved forward.
   */
  expected?: string | null;
}

/**
 * Pushes a commit to a branch. `rejected` means that somebody else pushed first: fetch, build the commit again,
 * and push again. Throws `Failure` (exit code 3) when the server forbids it or cannot be reached.
 */
export async function pushBranch(
  link: Link,
  { branch, commit, expected }: Push,
): Promise<"pushed" | "rejected"> {
  assertBranchName(branch);
  const ref = `refs/heads/${branch}`;
  const lease = expected === undefined ? [] : [`--force-with-lease=${ref}:${expected ?? ""}`];
  const plainly = [
    "--porcelain",
    "--no-verify",
    "--no-follow-tags",
    "--no-signed",
    "--recurse-submodules=no",
  ];
  const run = await persistently(
    link,
    "write",
    ["push", ...plainly, ...lease, link.remote.url, `${commit}:${ref}`],
    (failed) => refusal(failed, ref) !== undefined,
  );
  if (run.exitCode === 0) return "pushed";
  // A try before this one may have arrived although its answer was lost.
  if ((await remoteBranch(link, branch)) === commit) return "pushed";
  const reason = refusal(run, ref) ?? "";
  const isRace =
    /fetch first|non-fast-forward|stale info|cannot lock ref|reference already exists|incorrect old value/;
  if (isRace.test(reason)) return "rejected";
  throw new Failure(`The server refused the branch ${branch}: ${reason}.`, {
    remedy:
      "A rule of the repository forbids this push; allow it for the token's owner, or choose another branch.",
    exitCode: 3,
    cause: new Error(run.stderr.trim()),
  });
}

/**
 * Why the server did not take the ref, from the line that `git push --porcelain` prints for it. A line that says
 * `[remote failure]` is no refusal: there the connection ended before the server's answer.
 */
function refusal(run: RemoteRun, ref: string): string | undefined {
  for (const line of run.stdout.split("\n")) {
    const [flag, refs = "", reason = ""] = line.split("\t");
    if (flag === "!" && refs.endsWith(`:${ref}`) && /^\[(?:remote )?rejected\]/.test(reason))
      return reason.trim();
  }
  return undefined;
}

/** Runs until it works, is `settled`, or fails for another reason than the network. */
async function persistently(
  { repository, remote, reporter, sleep }: Link,
  access: "read" | "write",
  args: readonly string[],
  settled: (run: RemoteRun) => boolean = () => false,
): Promise<RemoteRun> {
  for (let tries = 0; ; tries += 1) {
    const run = await runRemote(repository, remote, args);
    if (run.exitCode === 0 || settled(run)) return run;
    const { network, failure } = remoteFailure(run, remote, access);
    const wait = waits[tries];
    if (!network || wait === undefined) throw failure;
    reporter.warning(`${failure.message} Trying again in ${wait / 1000} s.`);
    await sleep(wait);
  }
}
