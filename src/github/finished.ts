import type { GitHubClient } from "./client.ts";
import type { RepositoryName } from "./repository.ts";

/**
 * Whether a closed or merged pull request ended at this commit: then the branch is a leftover, also after a squash
 * or a rebase, where its commits are not in the base.
 */
export async function isFinished(
  client: GitHubClient,
  repository: RepositoryName,
  { head, sha }: { head: string; sha: string },
): Promise<boolean> {
  const wanted = { ...repository, head: `${repository.owner}:${head}`, state: "closed" } as const;
  const { data } = await client.rest.pulls.list(wanted);
  return data.some((pull) => pull.head.ref === head && pull.head.sha === sha);
}
