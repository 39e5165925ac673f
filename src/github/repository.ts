import { Failure, usageFailure } from "../failure.ts";
import type { GitHubClient } from "./client.ts";

/** A repository on GitHub, in the names that Octokit's methods take. */
export interface RepositoryName {
  owner: string;
  repo: string;
}

const ownerName = /^[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?$/;
const repoName = /^(?!\.{1,2}$)[A-Za-z0-9._-]+$/;

/** Parses `owner/name`, the form of `GITHUB_REPOSITORY`. Throws `Failure` (exit code 2). */
export function parseRepositoryName(text: string): RepositoryName {
  const [owner = "", repo = "", ...rest] = text.split("/");
  if (!ownerName.test(owner) || !repoName.test(repo) || rest.length > 0) {
    throw usageFailure(
      `${JSON.stringify(text)} is no repository.`,
      "Write it as OWNER/NAME, such as octo/skills.",
    );
  }
  return { owner, repo };
}

/** A repository as a remote's address names it. */
export interface RemoteRepository extends RepositoryName {
  /** Such as `github.com`. */
  host: string;
}

/** Parses the address of a git remote, `https://HOST/OWNER/NAME.git` or over ssh; `undefined` for any other. */
export function repositoryOfAddress(address: string): RemoteRepository | undefined {
  // git@HOST:OWNER/NAME.git is ssh in short.
  const short = /^(?:[\w.-]+@)?([\w.-]+):(?!\/\/)(.+)$/.exec(address);
  const url = short === null ? address : `ssh://${short[1]}/${short[2]}`;
  if (!URL.canParse(url)) return undefined;
  const { protocol, host, pathname } = new URL(url);
  if (!/^(?:https?|ssh|git):$/.test(protocol)) return undefined;
  const [owner = "", name = "", ...rest] = pathname.replace(/^\//, "").replace(/\/$/, "").split("/");
  const repo = name.replace(/\.git$/, "");
  return ownerName.test(owner) && repoName.test(repo) && rest.length === 0
    ? { host, owner, repo }
    : undefined;
}

/** Where git finds the repository. `serverUrl` is `GITHUB_SERVER_URL`. */
export function cloneAddress(serverUrl: string, { owner, repo }: RepositoryName): string {
  return `${serverUrl.replace(/\/+$/, "")}/${owner}/${repo}.git`;
}

/** The API's address of a server: github.com has a host of its own for it, an Enterprise Server a path. */
export function apiAddress(serverUrl: string): string {
  const { origin, host } = new URL(serverUrl);
  return host === "github.com" ? "https://api.github.com" : `${origin}/api/v3`;
}

/** The branch that pull requests go to unless told otherwise. Throws `Failure` (exit code 3). */
export async function defaultBranch(client: GitHubClient, repository: RepositoryName): Promise<string> {
  const { data } = await client.rest.repos.get({ ...repository });
  if (data.archived) {
    throw new Failure(`${data.full_name} is archived and takes no changes.`, {
      remedy: "Unarchive it in its settings, or choose another repository.",
      exitCode: 3,
    });
  }
  return data.default_branch;
}
