import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Failure, usageFailure } from "../failure.ts";
import type { Environment } from "../git/environment.ts";
import { openRepository } from "../git/repository.ts";
import { githubToken } from "../github/target.ts";
import { fetchArtifact, type FetchedArtifact } from "../github/artifact.ts";
import { readStartedBy } from "../github/event.ts";
import { parseRunId } from "../github/workflow-run.ts";
import type { Context } from "./context.ts";
import { openGitHub } from "./github-client.ts";

/** Traces that a workflow run uploaded as an artifact. */
export interface UploadedTraces {
  runId: string;
  name: string;
  /** The commit that the run has to be of: `github.event.workflow_run.head_sha`. */
  headSha?: string | undefined;
  /** `owner/name`; found from the environment or the remote `origin` when absent. */
  repository?: string | undefined;
}

/** Parses `RUN_ID/NAME`, as it stands on a command line. Throws `Failure` (exit code 2). */
export function parseUploaded(text: string): UploadedTraces {
  const [, runId, name] = /^([^/]+)\/(.+)$/s.exec(text) ?? [];
  if (runId !== undefined && name !== undefined) return { runId, name };
  throw usageFailure(
    `${JSON.stringify(text)} names no artifact.`,
    "Write --artifact RUN_ID/NAME, such as 123456789/traces.",
  );
}

/**
 * Downloads an artifact into a fresh temporary folder; disposing of the result removes it. In a workflow that another
 * one's end started, only that one's artifacts are taken, for the commit of the event. Throws `Failure`: 1 for another
 * run and a run of another commit, 2 for an artifact that is not there or is refused, 3 where GitHub keeps failing.
 */
export async function fetchUploaded(
  { runId, name, headSha, repository: named }: UploadedTraces,
  context: Context,
): Promise<FetchedArtifact> {
  const { cwd, environment, reporter, sleep } = context;
  const id = parseRunId(runId);
  const expectedHeadSha = await expectedHead(id, headSha, environment);
  if (githubToken(environment) === undefined) {
    throw usageFailure(
      "There is no GitHub token to take an artifact with.",
      "Set GITHUB_TOKEN (permission actions: read).",
    );
  }
  const repository = await openRepository(cwd, environment);
  const { target, client } = await openGitHub(repository, named, context);
  const temporary = environment["RUNNER_TEMP"]?.trim() || tmpdir();
  const folder = await mkdtemp(join(temporary, "overproof-artifact-"));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const fetched = await fetchArtifact(
      { client, repository: target.name, reporter, sleep },
      {
        runId: id,
        name,
        ...(expectedHeadSha === undefined ? {} : { expectedHeadSha }),
      },
      { folder },
    );
    return { ...fetched, [Symbol.asyncDispose]: remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** The commit that the run has to be for: the event's, which an input can name again but not replace. */
async function expectedHead(
  runId: number,
  named: string | undefined,
  environment: Environment,
): Promise<string | undefined> {
  const startedBy = await readStartedBy(environment);
  if (startedBy === undefined) return named;
  const isOther =
    runId !== startedBy.runId || (named !== undefined && named.toLowerCase() !== startedBy.headSha);
  if (!isOther) return startedBy.headSha;
  throw new Failure(
    `This workflow was started for the run ${startedBy.runId} of ${startedBy.headSha}, not for the run ${runId}${named === undefined ? "" : ` of ${JSON.stringify(named.slice(0, 64))}`}.`,
    { remedy: "Take run-id and head-sha from github.event.workflow_run.", exitCode: 1 },
  );
}
