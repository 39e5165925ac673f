import packageJson from "../../package.json" with { type: "json" };
import type { GitRepository } from "../git/repository.ts";
import { createClient, type GitHubClient } from "../github/client.ts";
import { githubTarget, type GitHubTarget } from "../github/target.ts";
import type { Context } from "./context.ts";

/**
 * Opens the GitHub repository that a command works with: `named` (`owner/name`), else the one that the environment or
 * the remote `origin` names. Throws `Failure` (exit code 2)
 * where none is named, no token is there, or the token must not be sent to its address.
 */
export async function openGitHub(
  repository: GitRepository,
  named: string | undefined,
  { environment, reporter, sleep }: Context,
): Promise<{ target: GitHubTarget; client: GitHubClient }> {
  const target = await githubTarget(repository, named, environment);
  const client = await createClient({
    token: target.remote.token,
    apiUrl: target.apiUrl,
    userAgent: `overproof/${packageJson.version}`,
    reporter,
    sleep,
  });
  return { target, client };
}
