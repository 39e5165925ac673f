import { usageFailure } from "../failure.ts";
import type { Environment } from "../git/environment.ts";
import type { Remote } from "../git/remote-git.ts";
import { type GitRepository, remoteAddress } from "../git/repository.ts";
import {
  apiAddress,
  cloneAddress,
  parseRepositoryName,
  repositoryOfAddress,
  type RepositoryName,
} from "./repository.ts";

/** A repository on GitHub with what opens it. */
export interface GitHubTarget {
  name: RepositoryName;
  apiUrl: string;
  remote: Remote;
}

/** The token of a job or of a person, by the names that GitHub's own tools use; undefined when there is none. */
export function githubToken(environment: Environment): string | undefined {
  return environment["GITHUB_TOKEN"]?.trim() || environment["GH_TOKEN"]?.trim() || undefined;
}

/**
 * Finds the repository: the named one, else the workflow's, else the one that `origin` points to.
 * Throws `Failure` (exit code 2) when there is none, or no token.
 */
export async function githubTarget(
  repository: GitRepository,
  named: string | undefined,
  environment: Environment,
): Promise<GitHubTarget> {
  const token = githubToken(environment);
  if (token === undefined) {
    throw usageFailure(
      "There is no GitHub token.",
      "Set GITHUB_TOKEN (permissions contents: write and pull-requests: write), or add --no-push or --dry-run.",
    );
  }
  const given = named ?? environment["GITHUB_REPOSITORY"];
  const serverUrl = environment["GITHUB_SERVER_URL"] ?? "https://github.com";
  const remote = repositoryOfAddress((await remoteAddress(repository)) ?? "");
  // The token is for one server, and goes to no other that a remote happens to name.
  const origin = remote?.host === new URL(serverUrl).host ? remote : undefined;
  const name =
    given === undefined ? origin && { owner: origin.owner, repo: origin.repo } : parseRepositoryName(given);
  if (name === undefined) {
    throw usageFailure(
      `The remote origin is no repository on ${new URL(serverUrl).host}.`,
      "Name it with --repository OWNER/NAME, set GITHUB_SERVER_URL for an Enterprise Server, or add --no-push.",
    );
  }
  return {
    name,
    apiUrl: environment["GITHUB_API_URL"] ?? apiAddress(serverUrl),
    remote: { url: cloneAddress(serverUrl, name), token },
  };
}
