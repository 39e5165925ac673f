import { afterEach, beforeEach, expect, it } from "vitest";
import { cloneRepository } from "../../test/github/clone.ts";
import { type FakeGitHub, startGitHub } from "../../test/github/github.ts";
import { filesBelow, temporaryFolder, type TemporaryFolder } from "../../test/run.ts";
import { zipOf } from "../../test/zip.ts";
import { pullRequestArtifact, resultsArtifact } from "../evaluate/results-key.ts";
import { openRepository } from "../git/repository.ts";
import { silentReporter } from "../reporter.ts";
import { reuseResults } from "./reused-results.ts";

const name = "octo/skills";
const token = "ghs_job";
const key = "0123456789abcdef0123456789abcdef";
let github: FakeGitHub;
let folder: TemporaryFolder;

beforeEach(async () => {
  github = await startGitHub();
  folder = await temporaryFolder();
  await github.createRepository(name);
  const permissions = { metadata: "read", contents: "read", actions: "read" } as const;
  github.addToken(token, { login: "github-actions[bot]", permissions });
});

afterEach(async () => {
  await github[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

async function upload(artifact: string, files: Record<string, string>, isOfFork = false): Promise<void> {
  const headSha = await github.repository(name).git("rev-parse", "main");
  const runId = github.addRun(name, { headSha });
  github.addArtifact(name, { runId, name: artifact, zip: await zipOf(files), isOfFork });
}

async function taken(pullRequest?: number): Promise<Record<string, string>> {
  await using clone = await cloneRepository(github, name, token);
  const environment = {
    PATH: process.env["PATH"],
    GITHUB_SERVER_URL: github.url,
    GITHUB_API_URL: github.apiUrl,
    GITHUB_REPOSITORY: name,
    GITHUB_TOKEN: token,
  };
  const context = {
    cwd: clone.folder,
    environment,
    reporter: silentReporter,
    now: () => new Date(),
    random: Math.random,
    sleep: async () => undefined,
  };
  const repository = await openRepository(clone.folder, environment);
  await reuseResults({ key, pullRequest }, folder.path, { repository, context });
  return filesBelow(folder.path);
}

it("puts the lines of shards that went on with the same results together, each once and in their order", async () => {
  const reply = `replies/${"a".repeat(64)}.txt`;
  await upload(resultsArtifact(key), {
    "results-0/shard-1-of-2.jsonl": "one\ntwo\n",
    "results-1/shard-1-of-2.jsonl": "one\n",
    "results-1/shard-2-of-2.jsonl": "one\nthree\n",
    "results-0/shard-2-of-2.jsonl": "one\n",
    "results-0/plan.json": "{}",
    [`results-1/${reply}`]: "A reply.",
  });
  expect(await taken()).toEqual({
    "shard-1-of-2.jsonl": "one\ntwo\n",
    "shard-2-of-2.jsonl": "one\nthree\n",
    [reply]: "A reply.",
  });
});

it("takes the results of the same plan before those of an earlier commit of the pull request", async () => {
  await upload(pullRequestArtifact(7), { "trials.jsonl": "earlier\n" });
  await upload(resultsArtifact(key), { "trials.jsonl": "same\n" });
  expect(await taken(7)).toEqual({ "trials.jsonl": "same\n" });
});

it("takes those of an earlier commit where no run had the same plan, and leaves what is there already", async () => {
  await upload(pullRequestArtifact(7), { "trials.jsonl": "earlier\n" });
  await upload(pullRequestArtifact(7), { "trials.jsonl": "of a fork\n" }, true);
  await upload(pullRequestArtifact(8), { "trials.jsonl": "of another\n" });
  expect(await taken()).toEqual({});
  expect(await taken(7)).toEqual({ "trials.jsonl": "earlier\n" });
  expect(await taken(8)).toEqual({ "trials.jsonl": "earlier\n" });
});
