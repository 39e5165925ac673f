import { cp, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { resultsArtifact } from "../evaluate/results-key.ts";
import { Failure } from "../failure.ts";
import type { GitRepository } from "../git/repository.ts";
import { fetchArtifact } from "../github/artifact.ts";
import { runWithArtifact } from "../github/named-artifact.ts";
import { githubToken } from "../github/target.ts";
import type { Context } from "./context.ts";
import { openGitHub } from "./github-client.ts";

/** What lies in a folder of results beside the plan, at any depth of the artifact. */
const wantedFile = /^(?:[a-z0-9][a-z0-9-]*\.jsonl|[0-9a-f]{64}\.(?:txt|json))$/;
const subfolders: readonly (readonly [RegExp, string])[] = [
  [/\/replies\/[^/]+$/, "replies"],
  [/\/noise\/[^/]+$/, "noise"],
];

/**
 * Takes over the results that an earlier run of this repository kept for the same plan, such as that of a pull request
 * for its place in the merge queue. They are results like any other: the gate holds them against skills, cases and
 * replies. Without a token, without such an artifact, and where GitHub fails, nothing is taken over, and a run pays again.
 */
export async function reuseResults(
  key: string,
  folder: string,
  { repository, context }: { repository: GitRepository; context: Context },
): Promise<void> {
  const { environment, reporter, sleep } = context;
  if (githubToken(environment) === undefined) {
    reporter.warning("There is no GitHub token to look for earlier results with.");
    return;
  }
  try {
    const { target, client } = await openGitHub(repository, undefined, context);
    const name = resultsArtifact(key);
    const runId = await runWithArtifact(client, target.name, name);
    if (runId === undefined) {
      reporter.info("No earlier run kept results for this plan.");
      return;
    }
    const place = await mkdtemp(join(environment["RUNNER_TEMP"]?.trim() || tmpdir(), "overproof-results-"));
    try {
      await using fetched = await fetchArtifact(
        { client, repository: target.name, reporter, sleep },
        { runId, name },
        { folder: place },
      );
      const count = await takeOver(fetched.folder, folder);
      reporter.info(`${count} files of results are taken over from the workflow run ${runId}.`);
    } finally {
      await rm(place, { recursive: true, force: true });
    }
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    reporter.warning(`Earlier results are not taken over: ${error.message}`);
  }
}

/** Copies what results are made of; what is there already stays. */
async function takeOver(from: string, to: string): Promise<number> {
  let count = 0;
  for (const entry of await readdir(from, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || !wantedFile.test(basename(path))) continue;
    const [, below = ""] = subfolders.find(([pattern]) => pattern.test(path)) ?? [];
    await mkdir(join(to, below), { recursive: true });
    await cp(path, join(to, below, entry.name), { force: false, errorOnExist: false });
    count += 1;
  }
  return count;
}
