import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import packageJson from "../../package.json" with { type: "json" };
import { usageFailure } from "../failure.ts";
import { openRepository } from "../git/repository.ts";
import { fetchArtifact, type FetchedArtifact } from "../github/artifact.ts";
import { createClient } from "../github/client.ts";
import { githubTarget } from "../github/target.ts";
import { parseRunId } from "../github/workflow-run.ts";
import type { Context } from "./context.ts";

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
 * Downloads an artifact into a fresh temporary folder; disposing of the result removes it. Throws `Failure`: 1 for a run
 * of another commit, 2 for an artifact that is not there or is refused, 3 where GitHub keeps failing.
 */
export async function fetchUploaded(
  { runId, name, headSha, repository: named }: UploadedTraces,
  { cwd, environment, reporter, sleep }: Context,
): Promise<FetchedArtifact> {
  const repository = await openRepository(cwd, environment);
  const target = await githubTarget(repository, named, environment);
  const client = await createClient({
    token: target.remote.token,
    apiUrl: target.apiUrl,
    userAgent: `overproof/${packageJson.version}`,
    reporter,
    sleep,
  });
  const temporary = environment["RUNNER_TEMP"]?.trim() || tmpdir();
  const folder = await mkdtemp(join(temporary, "overproof-artifact-"));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const fetched = await fetchArtifact(
      { client, repository: target.name, reporter, sleep },
      {
        runId: parseRunId(runId),
        name,
        ...(headSha === undefined ? {} : { expectedHeadSha: headSha }),
      },
      { folder },
    );
    return { ...fetched, [Symbol.asyncDispose]: remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
