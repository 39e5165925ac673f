import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { extname, join } from "node:path";
import { Failure, reasonOf, usageFailure } from "../failure.ts";
import { type Extracted, extractZip, type ZipLimits, zipLimits } from "../files/extract-zip.ts";
import { shownEntryName } from "../files/zip-entry-name.ts";
import type { Reporter } from "../reporter.ts";
import { statusBehind } from "./api-failure.ts";
import type { GitHubClient } from "./client.ts";
import { BrokenDownload, download } from "./download.ts";
import { patience } from "./patience.ts";
import type { RepositoryName } from "./repository.ts";
import { requireHead, workflowRun, type WorkflowRun } from "./workflow-run.ts";

/** Where artifacts come from. */
export interface ArtifactSource {
  client: GitHubClient;
  repository: RepositoryName;
  reporter: Reporter;
  sleep: (milliseconds: number) => Promise<void>;
}

export interface ArtifactRequest {
  runId: number;
  name: string;
  /** The commit that the run has to be for: `workflow_run.head_sha` of the event that started this run. */
  expectedHeadSha?: string | undefined;
}

export interface ArtifactPlace {
  /** In which the fresh folder is made, such as `RUNNER_TEMP`; made when it is missing. */
  folder: string;
  limits?: ZipLimits | undefined;
}

/** An artifact's files on this machine, until it is disposed of. */
export interface FetchedArtifact extends Extracted, AsyncDisposable {
  /** The folder with the files: fresh, and nothing else in it. */
  folder: string;
  /** SHA-256 of the zip. */
  sha256: string;
  run: WorkflowRun;
}

/** What traces are made of; other files of an artifact are skipped. */
export const traceExtensions: ReadonlySet<string> = new Set(
  (
    "json jsonl ndjson md txt log traj diff patch yml yaml " +
    "py pyi c cc cpp cxx h hpp cu cuh triton ttir ttgir llir ptx"
  ).split(" "),
);

/** Tries after the first one, and the longest sum of waits between them, in seconds. */
const retries = 3;
const longestWait = 300;

/**
 * Downloads an artifact of a workflow run and extracts its traces to a fresh folder. Run, head commit, size, expiry and
 * digest are the API's words; what the event or the artifact say of themselves is believed nowhere.
 * Throws `Failure`: exit code 1 for a run of another commit; 2 where there is no such run or artifact, or it has
 * expired, or its zip is refused (see `extractZip`); 3 where GitHub keeps failing or sends other bytes than it recorded.
 */
export async function fetchArtifact(
  source: ArtifactSource,
  request: ArtifactRequest,
  { folder, limits = zipLimits }: ArtifactPlace,
): Promise<FetchedArtifact> {
  const run = await workflowRun(source.client, source.repository, request.runId);
  if (request.expectedHeadSha !== undefined) requireHead(run, request.expectedHeadSha);
  const artifact = await findArtifact(source, request);
  const label = `The artifact ${shownEntryName(artifact.name)}`;
  if (artifact.size > limits.bytes) {
    throw usageFailure(
      `${label} has ${artifact.size} bytes, and at most ${limits.bytes} are read.`,
      "Upload fewer traces in one artifact.",
    );
  }
  const fresh = await freshFolder(folder);
  const remove = (): Promise<void> => rm(fresh, { recursive: true, force: true });
  try {
    const zip = join(fresh, "artifact.zip");
    const sha256 = await downloadWhole(source, artifact, { zip, label, limit: limits.bytes });
    const files = join(fresh, "files");
    await mkdir(files, { mode: 0o700 });
    const isWanted = (path: string): boolean => traceExtensions.has(extname(path).slice(1).toLowerCase());
    const extracted = await extractZip({ zip, folder: files, label, isWanted, limits });
    await rm(zip);
    if (extracted.skipped > 0) {
      source.reporter.info(
        `${label}: ${extracted.skipped} files that are no traces by their names are skipped.`,
      );
    }
    return { ...extracted, folder: files, sha256, run, [Symbol.asyncDispose]: remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** The part of the API's answer that matters here. */
interface Artifact {
  id: number;
  name: string;
  /** Of the zip. */
  size: number;
  /** 64 lower-case hexadecimal digits; undefined for artifacts of the time before GitHub recorded digests. */
  sha256: string | undefined;
}

/** The newest artifact of that name: each attempt of a run uploads its own. */
async function findArtifact(
  { client, repository }: ArtifactSource,
  { runId, name }: ArtifactRequest,
): Promise<Artifact> {
  const wanted = { ...repository, run_id: runId, per_page: 100 };
  const listed = await client.paginate(client.rest.actions.listWorkflowRunArtifacts, { ...wanted, name });
  const [newest] = listed.filter((artifact) => artifact.name === name).sort((a, b) => b.id - a.id);
  if (newest === undefined) {
    const { data } = await client.rest.actions.listWorkflowRunArtifacts(wanted);
    throw missing(
      runId,
      name,
      data.artifacts.map((artifact) => artifact.name),
    );
  }
  if (newest.expired) throw expired(name, newest.expires_at);
  const digest = newest.digest ?? undefined;
  const sha256 = /^sha256:([0-9a-f]{64})$/i.exec(digest ?? "")?.[1]?.toLowerCase();
  if (digest !== undefined && sha256 === undefined) {
    throw new Failure(
      `GitHub recorded the artifact ${shownEntryName(name)} with a digest of an unknown kind.`,
      {
        remedy: "Use a newer version of overproof.",
        exitCode: 3,
      },
    );
  }
  return { id: newest.id, name, size: newest.size_in_bytes, sha256 };
}

function missing(runId: number, name: string, names: readonly string[]): Failure {
  const shown = [...new Set(names)].slice(0, 5).map(shownEntryName).join(", ");
  const others = shown === "" ? "it has none" : `it has ${shown}${names.length > 5 ? ", ..." : ""}`;
  return usageFailure(
    `The workflow run ${runId} has no artifact ${shownEntryName(name)}; ${others}.`,
    "Check artifact-name, and that the run uploaded it with actions/upload-artifact.",
  );
}

function expired(name: string, at: string | null, cause?: unknown): Failure {
  return usageFailure(
    `The artifact ${shownEntryName(name)} has expired${at === null ? "" : ` (${at})`}.`,
    "Run that workflow again, or raise retention-days where it is uploaded.",
    cause,
  );
}

/** Downloads until all bytes are there and are those that GitHub recorded. Returns their SHA-256. */
async function downloadWhole(
  { client, repository, reporter, sleep }: ArtifactSource,
  artifact: Artifact,
  { zip, label, limit }: { zip: string; label: string; limit: number },
): Promise<string> {
  const { defaults } = await import("@actions/github/lib/utils");
  const waiting = patience({ reporter, sleep, retries, longestWait });
  for (let tries = 0; ; tries += 1) {
    // Asked for anew each time: an address is good for a minute.
    const address = await signedAddress(client, repository, artifact);
    try {
      const got = await download(address, zip, { fetch: defaults.request?.fetch ?? fetch, limit, label });
      if (artifact.sha256 === undefined || artifact.sha256 === got.sha256) return got.sha256;
      throw new BrokenDownload("its bytes are not those that GitHub recorded");
    } catch (error) {
      if (!(error instanceof BrokenDownload)) throw error;
      const message = `downloading the artifact: ${error.message}`;
      const failure = { status: error.status, message, method: "GET", path: "", headers: {}, answered: true };
      if (await waiting.forOutage(failure, tries)) continue;
      throw new Failure(`${label} could not be downloaded: ${reasonOf(error)}.`, {
        remedy: "Run it again later.",
        exitCode: 3,
        cause: error,
      });
    }
  }
}

/** The address that GitHub redirects a download to. The redirection is not followed with the token. */
async function signedAddress(
  client: GitHubClient,
  repository: RepositoryName,
  { id, name }: Artifact,
): Promise<string> {
  try {
    const { headers } = await client.rest.actions.downloadArtifact({
      ...repository,
      artifact_id: id,
      archive_format: "zip",
      request: { redirect: "manual" },
    });
    if (headers.location !== undefined) return headers.location;
  } catch (error) {
    if (statusBehind(error) === 410) throw expired(name, null, error);
    throw error;
  }
  throw new Failure(`GitHub names no address for the artifact ${shownEntryName(name)}.`, {
    remedy: "Run it again later (https://www.githubstatus.com).",
    exitCode: 3,
  });
}

async function freshFolder(parent: string): Promise<string> {
  try {
    await mkdir(parent, { recursive: true });
    return await mkdtemp(join(parent, "overproof-artifact-"));
  } catch (error) {
    throw usageFailure(
      `No folder can be made in ${parent}: ${reasonOf(error)}.`,
      "Name a temporary folder that can be written.",
      error,
    );
  }
}
