import type { GitHubClient } from "./client.ts";
import type { RepositoryName } from "./repository.ts";

/**
 * The newest run of this repository that uploaded an artifact of that name and still has it; undefined where there is
 * none. Runs for a fork's branch do not count: their workflows, and with them what they upload, are the fork's. Throws
 * `Failure` (exit code 3).
 */
export async function runWithArtifact(
  client: GitHubClient,
  repository: RepositoryName,
  name: string,
): Promise<number | undefined> {
  const listed = await client.paginate(client.rest.actions.listArtifactsForRepo, {
    ...repository,
    name,
    per_page: 100,
  });
  const own = listed.filter(
    ({ name: found, expired, workflow_run: run }) =>
      found === name && !expired && run?.id !== undefined && run.head_repository_id === run.repository_id,
  );
  return own.sort((one, other) => other.id - one.id)[0]?.workflow_run?.id;
}
