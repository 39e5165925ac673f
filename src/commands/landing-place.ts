import type { Config } from "../config/config.ts";
import { libraryHome, type LibraryHome } from "../config/library-home.ts";
import { loadConfig } from "../config/load.ts";
import { usageFailure } from "../failure.ts";
import { realPath } from "../files/real-path.ts";
import { assertBranchName, branchCommit } from "../git/branch.ts";
import { fetchBranch, type Link } from "../git/push.ts";
import { commitOf, currentBranch, type GitRepository, openRepository } from "../git/repository.ts";
import type { GitHubClient } from "../github/client.ts";
import { findFinished, type FinishedPullRequest } from "../github/finished.ts";
import { findPullRequest, type PullRequest } from "../github/pull-request.ts";
import { defaultBranch } from "../github/repository.ts";
import { type GitHubTarget, githubToken } from "../github/target.ts";
import type { Context } from "./context.ts";
import { openGitHub } from "./github-client.ts";

/** Where a change to the library goes. */
export interface LandingRequest {
  /** `owner/name`; found from the environment or the remote `origin` when absent. */
  repository?: string | undefined;
  base?: string | undefined;
  /** The library that the change is for; the configured one when absent. */
  library?: string | undefined;
  /** False makes the branch and the commit in the working copy and stops. */
  push: boolean;
  config?: string | undefined;
  dryRun: boolean;
}

/** A repository with its library, and the server where it has one. */
export interface LandingPlace {
  repository: GitRepository;
  home: LibraryHome;
  config: Config;
  /** The target branch as it was named; the server's default one, or the one checked out, when absent. */
  base: string | undefined;
  server: Server | undefined;
  isDryRun: boolean;
  context: Context;
}

export interface Server {
  target: GitHubTarget;
  client: GitHubClient;
  link: Link;
}

/** A branch of ours, and what it is to be merged into. */
export interface There {
  base: string;
  baseCommit: string;
  /** The branch of this purpose as it is; undefined when there is none. */
  tip: string | undefined;
  /** The same, unless its pull request is over: then the next one starts again from the base. */
  head: string | undefined;
  pullRequest: PullRequest | undefined;
  /** The one that ended at `tip`, where that is so. */
  finished: FinishedPullRequest | undefined;
}

/** Throws `Failure` (exit code 2) without a repository, for a wrong configuration, and without a token to push with. */
export async function openLandingPlace(request: LandingRequest, outer: Context): Promise<LandingPlace> {
  const context = { ...outer, cwd: await realPath(outer.cwd) };
  const loaded = await loadConfig(context.cwd, request.config);
  const repository = await openRepository(context.cwd, context.environment);
  const home = await libraryHome(context.cwd, loaded, request.library);
  const base = request.base ?? loaded.config["pull-request"].base;
  if (base?.startsWith("-") === true) assertBranchName(base);
  const server = await openServer(request, repository, context);
  return { repository, home, config: loaded.config, base, server, isDryRun: request.dryRun, context };
}

/** Undefined where the run stays in the working copy: without a push, or a dry run without a token. */
async function openServer(
  request: LandingRequest,
  repository: GitRepository,
  context: Context,
): Promise<Server | undefined> {
  const { environment, reporter, sleep } = context;
  if (!request.push || (request.dryRun && githubToken(environment) === undefined)) return undefined;
  const { target, client } = await openGitHub(repository, request.repository, context);
  return { target, client, link: { repository, remote: target.remote, reporter, sleep } };
}

/** The branch and its base as they are now, on the server where there is one. */
export function lookThere(place: LandingPlace, branch: string): Promise<There> {
  const { server, repository, base } = place;
  return server ? onServer(server, branch, base) : inWorkingCopy(repository, branch, base);
}

async function onServer(server: Server, branch: string, wantedBase: string | undefined): Promise<There> {
  const { client, link, target } = server;
  const base = wantedBase ?? (await defaultBranch(client, target.name));
  const baseCommit = await fetchBranch(link, base);
  if (baseCommit === undefined) {
    throw usageFailure(
      `There is no branch ${base} on the server.`,
      "Name an existing target branch with --base.",
    );
  }
  const pullRequest = await findPullRequest(client, target.name, { head: branch, base });
  const tip = await fetchBranch(link, branch);
  const finished =
    tip === undefined || pullRequest
      ? undefined
      : await findFinished(client, target.name, { head: branch, sha: tip });
  return { base, baseCommit, tip, head: finished ? undefined : tip, pullRequest, finished };
}

async function inWorkingCopy(
  repository: GitRepository,
  branch: string,
  wantedBase: string | undefined,
): Promise<There> {
  const base = wantedBase ?? (await currentBranch(repository)) ?? "HEAD";
  const baseCommit = await commitOf(repository, wantedBase ?? "HEAD");
  const tip = await branchCommit(repository, branch);
  return { base, baseCommit, tip, head: tip, pullRequest: undefined, finished: undefined };
}
