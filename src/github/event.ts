import { readFile } from "node:fs/promises";
import { z } from "zod";
import { reasonOf, usageFailure } from "../failure.ts";
import { parsedJson } from "../files/parsed-json.ts";
import type { Environment } from "../git/environment.ts";

/** What started a workflow, as far as a gate asks. */
export type GitHubEvent =
  | {
      kind: "pull_request";
      number: number;
      /** The tip of the pull request's branch: checks belong to it, not to the merge commit that is checked out. */
      headSha: string;
      baseSha: string;
      /** The target branch, and the repository's default one. */
      baseRef: string;
      defaultBranch: string;
      /** Its branch lies in another repository: the job's token can only read. */
      isFork: boolean;
    }
  | { kind: "merge_group"; headSha: string; baseSha: string };

const sha = z.string().regex(/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/);
const branch = z.string().min(1).max(1000);
const side = z.object({ sha, ref: branch, repo: z.object({ id: z.number().int() }).nullable() });
const pullRequestSchema = z.object({
  pull_request: z.object({ number: z.number().int().positive(), head: side, base: side }),
  repository: z.object({ default_branch: branch }),
});
const workflowRunSchema = z.object({
  workflow_run: z.object({ id: z.number().int().positive(), head_sha: sha }),
});
const mergeGroupSchema = z.object({ merge_group: z.object({ head_sha: sha, base_sha: sha }) });

/**
 * Reads the event that started the workflow from the file that `GITHUB_EVENT_PATH` names; undefined outside of a
 * workflow and for events that are about no change. Throws `Failure` (exit code 2) for a file that does not fit.
 * Formats: the payloads of `pull_request` and `merge_group` in GitHub's documentation of webhooks.
 */
export async function readEvent(environment: Environment): Promise<GitHubEvent | undefined> {
  const kind = environment["GITHUB_EVENT_NAME"];
  const path = environment["GITHUB_EVENT_PATH"];
  const isPull = kind === "pull_request" || kind === "pull_request_target";
  if (!isPull && kind !== "merge_group") return undefined;
  const { text, source } = await readPayload(kind, path);
  if (!isPull) {
    const { merge_group: group } = parsedJson(text, mergeGroupSchema, source);
    return { kind: "merge_group", headSha: group.head_sha, baseSha: group.base_sha };
  }
  const { pull_request: pull, repository } = parsedJson(text, pullRequestSchema, source);
  return {
    kind: "pull_request",
    number: pull.number,
    headSha: pull.head.sha,
    baseSha: pull.base.sha,
    baseRef: pull.base.ref,
    defaultBranch: repository.default_branch,
    // A fork that was deleted has no repository any more.
    isFork: pull.head.repo === null || pull.head.repo.id !== pull.base.repo?.id,
  };
}

/** The run of another workflow that a workflow was started for. */
export interface StartedBy {
  runId: number;
  headSha: string;
}

/**
 * The run whose end started the workflow, from the same file; undefined for any other event. Throws `Failure` (exit
 * code 2) for a file that does not fit. Format: the payload of `workflow_run` in GitHub's documentation of webhooks.
 */
export async function readStartedBy(environment: Environment): Promise<StartedBy | undefined> {
  const kind = environment["GITHUB_EVENT_NAME"];
  if (kind !== "workflow_run") return undefined;
  const { text, source } = await readPayload(kind, environment["GITHUB_EVENT_PATH"]);
  const { workflow_run: run } = parsedJson(text, workflowRunSchema, source);
  return { runId: run.id, headSha: run.head_sha };
}

async function readPayload(
  kind: string,
  path: string | undefined,
): Promise<{ text: string; source: { file: string; kind: string; remedy: string } }> {
  const remedy = "GitHub writes it for each run of a workflow; leave GITHUB_EVENT_PATH as it is.";
  if (path === undefined || path === "") {
    throw usageFailure(`The event ${kind} comes without its payload.`, remedy);
  }
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw usageFailure(`The payload of the event cannot be read: ${reasonOf(error)}.`, remedy, error);
  });
  return { text, source: { file: path, kind: `the payload of ${kind}`, remedy } };
}
