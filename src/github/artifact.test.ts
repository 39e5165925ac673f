import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startGitHub, type FakeGitHub } from "../../test/github/github.ts";
import { filesBelow, type TemporaryFolder, temporaryFolder } from "../../test/run.ts";
import { rawZip, zipOf } from "../../test/zip.ts";
import { sha256 } from "../digest.ts";
import { zipLimits } from "../files/extract-zip.ts";
import type { Reporter } from "../reporter.ts";
import { type ArtifactRequest, type FetchedArtifact, fetchArtifact } from "./artifact.ts";
import { createClient } from "./client.ts";

const head = "0123456789abcdef0123456789abcdef01234567";
let github: FakeGitHub;
let temporary: TemporaryFolder;
let runId: number;
let waited: number[];
let told: string[];

beforeEach(async () => {
  github = await startGitHub();
  await github.createRepository("octo/skills");
  github.addToken("reader", { login: "github-actions[bot]", permissions: { actions: "read" } });
  runId = github.addRun("octo/skills", { headSha: head });
  temporary = await temporaryFolder();
  waited = [];
  told = [];
});

afterEach(async () => {
  await github[Symbol.asyncDispose]();
  await temporary[Symbol.asyncDispose]();
});

async function fetched(
  request: Partial<ArtifactRequest> = {},
  options: { token?: string; limits?: Partial<typeof zipLimits> } = {},
): Promise<FetchedArtifact> {
  const reporter: Reporter = {
    info: (text) => told.push(text),
    warning: (text) => told.push(text),
    progress() {},
  };
  const sleep = async (milliseconds: number): Promise<void> => void waited.push(milliseconds / 1000);
  const client = await createClient({
    token: options.token ?? "reader",
    apiUrl: github.apiUrl,
    userAgent: "overproof/test",
    reporter,
    sleep,
  });
  return fetchArtifact(
    { client, repository: { owner: "octo", repo: "skills" }, reporter, sleep },
    { runId, name: "traces", ...request },
    { folder: temporary.path, limits: { ...zipLimits, ...options.limits } },
  );
}

/** What a refusal throws, as one does that leaves nothing behind. */
async function failureOf(fetching: Promise<FetchedArtifact>): Promise<unknown> {
  const failure = await fetching.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(await readdir(temporary.path)).toEqual([]);
  return failure;
}

function says(exitCode: number, message: string): object {
  return { name: "Failure", exitCode, message: expect.stringContaining(message) };
}

describe("an artifact", () => {
  it("gives its traces in a fresh folder, which goes again", async () => {
    const zip = await zipOf({ "logs/a.jsonl": "{}\n", "logs/kernel.so": "\x7fELF", "notes.MD": "# Notes" });
    github.addArtifact("octo/skills", { runId, name: "traces", zip });
    const artifact = await fetched({ expectedHeadSha: head });
    expect(await filesBelow(artifact.folder)).toEqual({ "logs/a.jsonl": "{}\n", "notes.MD": "# Notes" });
    expect(artifact).toMatchObject({
      files: ["logs/a.jsonl", "notes.MD"],
      skipped: 1,
      bytes: 10,
      sha256: sha256(zip),
      run: { id: runId, headSha: head, headRepository: "octo/skills", event: "pull_request" },
    });
    expect((await stat(join(artifact.folder, "logs"))).mode & 0o777).toBe(0o700);
    expect(told.join("\n")).toContain("1 files that are no traces by their names are skipped");
    await artifact[Symbol.asyncDispose]();
    expect(await readdir(temporary.path)).toEqual([]);
    // Among others, that the token did not go to the store.
    expect(github.violations).toEqual([]);
  });

  it("is found among more than one page of others, the newest of its name", async () => {
    const other = await zipOf({ "a.txt": "old" });
    github.addArtifact("octo/skills", { runId, name: "traces", zip: other });
    for (let n = 0; n < 120; n += 1)
      github.addArtifact("octo/skills", { runId, name: `traces-${n}`, zip: other });
    const elsewhere = github.addRun("octo/skills", { headSha: head });
    github.addArtifact("octo/skills", { runId, name: "traces", zip: await zipOf({ "a.txt": "new" }) });
    github.addArtifact("octo/skills", { runId: elsewhere, name: "traces", zip: other });
    await using artifact = await fetched();
    expect(await filesBelow(artifact.folder)).toEqual({ "a.txt": "new" });
  });

  it("of the time before digests is taken without one", async () => {
    const zip = await zipOf({ "a.txt": "old" });
    github.addArtifact("octo/skills", { runId, name: "traces", zip, digest: null });
    await using artifact = await fetched();
    expect(artifact.sha256).toBe(sha256(zip));
  });
});

describe("what is not there", () => {
  it("is named: the run, the artifact with those that are there, and one that has expired", async () => {
    expect(await failureOf(fetched({ runId: 4 }))).toMatchObject(
      says(2, "octo/skills has no workflow run 4"),
    );
    expect(await failureOf(fetched())).toMatchObject(
      says(2, `The workflow run ${runId} has no artifact "traces"; it has none.`),
    );
    const zip = await zipOf({ "a.txt": "x" });
    github.addArtifact("octo/skills", { runId, name: "logs", zip });
    expect(await failureOf(fetched())).toMatchObject(says(2, 'it has "logs".'));
    github.addArtifact("octo/skills", { runId, name: "traces", zip, expired: true });
    expect(await failureOf(fetched())).toMatchObject(says(2, 'The artifact "traces" has expired (20'));
    expect(github.violations).toEqual([]);
  });

  it("is told also when it expires in between", async () => {
    const id = github.addArtifact("octo/skills", {
      runId,
      name: "traces",
      zip: await zipOf({ "a.txt": "x" }),
    });
    const path = `/repos/octo/skills/actions/artifacts/${id}/zip`;
    github.failNext({ path, status: 410, message: "Artifact has expired" });
    expect(await failureOf(fetched())).toMatchObject(says(2, "has expired"));
  });

  it("is told from a token that may not see it", async () => {
    github.addToken("blind", { login: "github-actions[bot]", permissions: { contents: "read" } });
    expect(await failureOf(fetched({}, { token: "blind" }))).toMatchObject(
      says(3, "lacks the permission actions: read"),
    );
  });
});

describe("what an event or an artifact says of itself", () => {
  it("counts for nothing: the run has to be for the expected commit", async () => {
    github.addArtifact("octo/skills", { runId, name: "traces", zip: await zipOf({ "a.txt": "x" }) });
    const fetching = fetched({ expectedHeadSha: head.replace("0", "f") });
    expect(await failureOf(fetching)).toMatchObject(says(1, `is for the commit ${head}, not for "f123`));
    expect(github.requests).toHaveLength(1);
  });

  it("counts for nothing: a hostile zip is refused whole", async () => {
    const zip = rawZip([{ name: "good.json", content: "{}" }, { name: "../../evil.json" }]);
    github.addArtifact("octo/skills", { runId, name: "traces", zip });
    expect(await failureOf(fetched())).toMatchObject(
      says(2, 'The artifact "traces" is refused because of its entry "../../evil.json"'),
    );
  });

  it("counts for nothing: one that is too large is not downloaded", async () => {
    const zip = await zipOf({ "a.txt": "x".repeat(500) });
    github.addArtifact("octo/skills", { runId, name: "traces", zip });
    expect(await failureOf(fetched({}, { limits: { bytes: 50 } }))).toMatchObject(
      says(2, "and at most 50 are read"),
    );
    expect(github.requests.filter(({ path }) => path.includes("/zip"))).toEqual([]);
  });
});

describe("a download", () => {
  const store = /^\/artifact-store\//;

  it("is tried again when it breaks off, fails, or brings other bytes", async () => {
    const zip = await zipOf({ "a.txt": "x".repeat(2000) });
    github.addArtifact("octo/skills", { runId, name: "traces", zip });
    github.failNext({ path: store, status: "lost" });
    github.failNext({ path: store, status: 503 });
    github.failNext({ path: store, status: "disconnect" });
    await using artifact = await fetched();
    expect(artifact.sha256).toBe(sha256(zip));
    expect(waited).toEqual([1, 4, 9]);
    // Each try asks for an address of its own.
    expect(github.requests.filter(({ operation }) => operation === "actions/download-artifact")).toHaveLength(
      4,
    );
  });

  it("ends after three more tries", async () => {
    github.addArtifact("octo/skills", { runId, name: "traces", zip: await zipOf({ "a.txt": "x" }) });
    github.failNext({ path: store, status: 500, times: 4 });
    expect(await failureOf(fetched())).toMatchObject(
      says(3, 'The artifact "traces" could not be downloaded: it was answered with 500.'),
    );
  });

  it("is refused when its bytes are not those that GitHub recorded", async () => {
    const zip = await zipOf({ "a.txt": "x" });
    github.addArtifact("octo/skills", { runId, name: "traces", zip, digest: `sha256:${sha256("other")}` });
    expect(await failureOf(fetched())).toMatchObject(says(3, "its bytes are not those that GitHub recorded"));
    expect(told.join("\n")).not.toContain("sig=");
  });

  it("is refused with a digest of an unknown kind", async () => {
    const zip = await zipOf({ "a.txt": "x" });
    github.addArtifact("octo/skills", { runId, name: "traces", zip, digest: "md5:00" });
    expect(await failureOf(fetched())).toMatchObject(says(3, "a digest of an unknown kind"));
  });
});
