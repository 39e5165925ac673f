import { Failure, usageFailure } from "../failure.ts";
import { statusBehind } from "./api-failure.ts";
import type { GitHubClient } from "./client.ts";
import type { RepositoryName } from "./repository.ts";

/** A run of a workflow, in the API's words. */
export interface WorkflowRun {
  id: number;
  /** The commit that the run was started for. */
  headSha: string;
  /** `owner/name` of the repository that the commit comes from, a fork for instance; null when that one is gone. */
  headRepository: string | null;
  /** What started it, such as `pull_request`. */
  event: string;
}

/** Parses the id of a run, as an input or an event gives it. Throws `Failure` (exit code 2). */
export function parseRunId(text: string): number {
  const id = /^[1-9]\d*$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(id)) return id;
  throw usageFailure(
    `${JSON.stringify(text.slice(0, 40))} is no id of a workflow run.`,
    "Write the number at the end of the run's address, such as 1234567890.",
  );
}

/** Asks the API for a run. Throws `Failure`: exit code 2 where there is none, 3 where the API fails. */
export async function workflowRun(
  client: GitHubClient,
  repository: RepositoryName,
  runId: number,
): Promise<WorkflowRun> {
  try {
    const { data } = await client.rest.actions.getWorkflowRun({ ...repository, run_id: runId });
    return {
      id: data.id,
      headSha: data.head_sha,
      // GitHub sends null for a fork that was deleted, whatever its description says.
      headRepository: (data.head_repository as { full_name: string } | null)?.full_name ?? null,
      event: data.event,
    };
  } catch (error) {
    if (statusBehind(error) !== 404) throw error;
    throw usageFailure(
      `${repository.owner}/${repository.repo} has no workflow run ${runId}, or the token may not see it.`,
      "Check the run's id, and give the job the permission actions: read.",
      error,
    );
  }
}

/**
 * Holds the commit that an event names against the one that the API knows the run by: an event may come from a fork,
 * and what it says is no proof. Throws `Failure` (exit code 1) when they differ.
 */
export function requireHead(run: WorkflowRun, expectedSha: string): void {
  if (run.headSha === expectedSha.toLowerCase()) return;
  throw new Failure(
    `The workflow run ${run.id} is for the commit ${run.headSha}, not for ${JSON.stringify(expectedSha.slice(0, 64))}.`,
    { remedy: "Take run-id and head-sha from the same workflow_run event.", exitCode: 1 },
  );
}
