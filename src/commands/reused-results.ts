import { constants } from "node:fs";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { pullRequestArtifact, resultsArtifact } from "../evaluate/results-key.ts";
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

/** The results that a run could use. */
export interface WantedResults {
  /** Of the plan, see `resultsKey`. */
  key: string;
  /** The pull request that the run is for; undefined for none of this repository's own. */
  pullRequest: number | undefined;
}

/**
 * Takes over the results that an earlier run of this repository kept for the same plan, such as that of a pull request
 * for its place in the merge queue, or else those of an earlier commit of the same pull request, of which every trial
 * counts that the plan still asks for. They are results like any other: the gate holds them against skills, cases and
 * replies. Without a token, without such an artifact, and where GitHub fails, nothing is taken over, and a run pays again.
 * Returns how many files were taken over.
 */
export async function reuseResults(
  { key, pullRequest }: WantedResults,
  folder: string,
  { repository, context }: { repository: GitRepository; context: Context },
): Promise<number> {
  const { environment, reporter, sleep } = context;
  if (githubToken(environment) === undefined) {
    reporter.warning("There is no GitHub token to look for earlier results with.");
    return 0;
  }
  try {
    const { target, client } = await openGitHub(repository, undefined, context);
    const names = [
      resultsArtifact(key),
      ...(pullRequest === undefined ? [] : [pullRequestArtifact(pullRequest)]),
    ];
    let kept: { runId: number; name: string } | undefined;
    for (const name of names) {
      const runId = kept === undefined ? await runWithArtifact(client, target.name, name) : undefined;
      if (runId !== undefined) kept = { runId, name };
    }
    if (kept === undefined) {
      reporter.info("No earlier run kept results for this plan.");
      return 0;
    }
    const place = await mkdtemp(join(environment["RUNNER_TEMP"]?.trim() || tmpdir(), "overproof-results-"));
    try {
      await using fetched = await fetchArtifact({ client, repository: target.name, reporter, sleep }, kept, {
        folder: place,
      });
      const count = await takeOver(fetched.folder, folder);
      reporter.info(`${count} files of results are taken over from the workflow run ${kept.runId}.`);
      return count;
    } finally {
      await rm(place, { recursive: true, force: true });
    }
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    reporter.warning(`Earlier results are not taken over: ${error.message}`);
    return 0;
  }
}

/**
 * Copies what results are made of; what is there already stays. Shards that each went on with the same earlier results
 * have files of one name: their lines are put together, each once.
 */
async function takeOver(from: string, to: string): Promise<number> {
  const lines = new Map<string, Set<string>>();
  const copied = new Set<string>();
  const entries = await readdir(from, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  for (const path of paths.sort()) {
    if (!wantedFile.test(basename(path))) continue;
    const [, below = ""] = subfolders.find(([pattern]) => pattern.test(path)) ?? [];
    const target = join(to, below, basename(path));
    await mkdir(join(to, below), { recursive: true });
    if (path.endsWith(".jsonl")) {
      const known = lines.get(target) ?? new Set();
      lines.set(target, known);
      for (const line of (await readFile(path, "utf8")).split("\n")) if (line !== "") known.add(line);
    } else if (!copied.has(target)) {
      await unlessThere(copyFile(path, target, constants.COPYFILE_EXCL));
    }
    copied.add(target);
  }
  for (const [target, known] of lines) {
    await unlessThere(writeFile(target, [...known, ""].join("\n"), { flag: "wx" }));
  }
  return copied.size;
}

async function unlessThere(writing: Promise<void>): Promise<void> {
  await writing.catch((error: unknown) => {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  });
}
