import type { GitHubClient } from "./client.ts";
import type { RepositoryName } from "./repository.ts";

/** A pull request that is over. */
export interface FinishedPullRequest {
  number: number;
  url: string;
  isMerged: boolean;
}

/**
 * The closed or merged pull request that ended at this commit: then the branch is a leftover, also after a squash
 * or a rebase, where its commits are not in the base. A merged one goes before one that was only closed.
 */
export async function findFinished(
  client: GitHubClient,
  repository: RepositoryName,
  { head, sha }: { head: string; sha: string },
): Promise<FinishedPullRequest | undefined> {
  const wanted = { ...repository, head: `${repository.owner}:${head}`, state: "closed" } as const;
  const { data } = await client.rest.pulls.list(wanted);
  const ended = data
    .filter((pull) => pull.head.ref === head && pull.head.sha === sha)
    .map(({ number, html_url: url, merged_at }) => ({ number, url, isMerged: merged_at !== null }));
  return ended.find(({ isMerged }) => isMerged) ?? ended[0];
}
