import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { expect, it } from "vitest";
import { git } from "../../test/github/git.ts";
import { temporaryFolder, type TemporaryFolder } from "../../test/run.ts";
import { silentReporter } from "../reporter.ts";
import { doctorText } from "../terminal/doctor-text.ts";
import type { Context } from "./context.ts";
import { doctor, type DoctorResult } from "./doctor.ts";
import { init } from "./init.ts";

const node = "24.21.0";

function contextIn(cwd: string, environment: Record<string, string> = {}): Context {
  return {
    cwd,
    environment: { PATH: process.env["PATH"], ...environment },
    reporter: silentReporter,
    now: () => new Date(0),
    random: () => 0,
    sleep: async () => undefined,
  };
}

async function startedRepository(): Promise<TemporaryFolder> {
  const folder = await temporaryFolder();
  await git(folder.path, ["init", "--quiet"]);
  await init(
    { example: false, force: false, dryRun: false, action: "octo/overproof@v1" },
    contextIn(folder.path),
  );
  return folder;
}

function saysOf({ remarks }: DoctorResult, subject: string): string[] {
  return remarks.filter((one) => one.subject === subject).map(({ state, says }) => `${state}: ${says}`);
}

it("finds nothing broken on the first day, and says what is still to do", async () => {
  await using folder = await startedRepository();
  const result = await doctor({ node }, contextIn(folder.path));
  expect(result.remarks.filter(({ state }) => state === "broken")).toEqual([]);
  expect(result.status).toBe("well");
  expect(saysOf(result, "students")).toEqual([expect.stringMatching(/^warning: No student is configured/)]);
  expect(saysOf(result, "workflow")).toEqual([
    "ok: distill.yml",
    "ok: evaluate.yml",
    "ok: organize.yml",
    "ok: restore.yml",
  ]);
  for (const { state, remedy } of result.remarks) expect(remedy === null).toBe(state === "ok");
});

it("stops at once outside of a repository", async () => {
  await using folder = await temporaryFolder();
  const result = await doctor({ node }, contextIn(folder.path));
  expect(result.status).toBe("broken");
  expect(saysOf(result, "repository")).toEqual([expect.stringMatching(/^broken: .*not in a git repository/)]);
});

it("names the keys that models need, and never what is in them", async () => {
  await using folder = await startedRepository();
  await writeFile(
    join(folder.path, "overproof.yml"),
    "model: anthropic:one\nevaluate:\n  students: [openai:two, openai:three@https://models.example/v1]\n  judge: nonsense\n",
  );
  const secret = "sk-secret-value";
  const result = await doctor({ node }, contextIn(folder.path, { OPENAI_API_KEY: secret }));
  expect(saysOf(result, "teacher")).toEqual([
    "warning: anthropic:one needs ANTHROPIC_API_KEY, which is not set here",
  ]);
  expect(saysOf(result, "student")).toEqual([
    "ok: openai:two: OPENAI_API_KEY is set",
    "ok: openai:three@https://models.example/v1: OVERPROOF_API_KEY is not set, which some servers do without",
  ]);
  expect(saysOf(result, "judge")).toEqual([expect.stringMatching(/^broken: .*is not a model spec/)]);
  expect(JSON.stringify(result)).not.toContain(secret);
});

it("finds a configuration that cannot be read, a skill that breaks the specification, and an old Node", async () => {
  await using folder = await startedRepository();
  await mkdir(join(folder.path, "skills/Wrong Name"));
  await writeFile(join(folder.path, "skills/Wrong Name/SKILL.md"), "no front matter\n");
  const lint = await doctor({ node: "20.1.0" }, contextIn(folder.path));
  expect(saysOf(lint, "library")).toEqual([expect.stringMatching(/^broken: 1 skills, [1-9]\d* errors/)]);
  expect(saysOf(lint, "node")).toEqual([expect.stringMatching(/^warning: Node 20.1.0 is older/)]);
  await writeFile(join(folder.path, "overproof.yml"), "libary: skills\n");
  const config = await doctor({ node }, contextIn(folder.path));
  expect(saysOf(config, "configuration")).toEqual([expect.stringMatching(/^broken: .*libary/)]);
});

it("finds holes in workflows with their lines, and is silent about workflows that are not ours", async () => {
  await using folder = await startedRepository();
  const path = join(folder.path, ".github/workflows/evaluate.yml");
  const text = await readFile(path, "utf8");
  await writeFile(path, text.replace("\n  pull_request:\n", "\n  pull_request_target:\n"));
  await writeFile(join(folder.path, ".github/workflows/other.yml"), "on: pull_request_target\njobs: {}\n");
  const result = await doctor({ node }, contextIn(folder.path));
  expect(result.status).toBe("broken");
  expect(saysOf(result, "workflow").filter((one) => one.startsWith("broken"))).toEqual([
    expect.stringMatching(/^broken: evaluate.yml:1: pull_request_target/),
  ]);
});

it("keeps to 80 columns, and ends with how many things are broken", async () => {
  await using folder = await temporaryFolder();
  await git(folder.path, ["init", "--quiet"]);
  const result = await doctor({ node }, contextIn(folder.path));
  const text = doctorText(result, { columns: 80, colour: false });
  for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  expect(text).toMatch(/\nNothing is broken, with \d+ warnings\.\n$/);
  expect(text).toContain("Run overproof init");
});

/** Answers of GitHub by path, for what it may be asked; 403 for all else. */
async function withGitHub(
  answers: Record<string, unknown>,
  work: (environment: Record<string, string>) => Promise<void>,
): Promise<void> {
  const server = createServer((request, response) => {
    const [path = ""] = (request.url ?? "").replace("/api/v3/repos/octo/skills", "").split("?");
    const answer = answers[path];
    response.writeHead(answer === undefined ? 403 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(answer ?? { message: "Resource not accessible by personal access token" }));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  try {
    await work({
      GITHUB_SERVER_URL: url,
      GITHUB_API_URL: `${url}/api/v3`,
      GITHUB_REPOSITORY: "octo/skills",
      GITHUB_TOKEN: "ghp_test",
    });
  } finally {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
}

it("asks GitHub, where there is a token, whether the check is required and a machine is there", async () => {
  await using folder = await startedRepository();
  const repository = { default_branch: "main", permissions: { push: true } };
  const rule = {
    type: "required_status_checks",
    parameters: { required_status_checks: [{ context: "overproof / gate" }] },
  };
  const runner = {
    status: "online",
    labels: ["self-hosted", "Linux", "gpu", "h100"].map((name) => ({ name })),
  };
  const all = {
    "": repository,
    "/rules/branches/main": [rule],
    "/branches/main": { protection: {} },
    "/actions/runners": { total_count: 1, runners: [runner] },
  };
  await withGitHub(all, async (environment) => {
    const result = await doctor({ node }, contextIn(folder.path, environment));
    expect(saysOf(result, "token")).toEqual(["ok: it reads the repository, and its owner may push"]);
    expect(saysOf(result, "check")).toEqual(["ok: overproof / gate is required for main"]);
    expect(saysOf(result, "runners")).toEqual(["ok: one with self-hosted, linux, gpu, h100 is online"]);
    expect(JSON.stringify(result)).not.toContain("ghp_test");
  });
  const protectedBranch = { protection: { required_status_checks: { contexts: ["overproof / gate"] } } };
  await withGitHub({ "": repository, "/branches/main": protectedBranch }, async (environment) => {
    const result = await doctor({ node }, contextIn(folder.path, environment));
    expect(saysOf(result, "check")).toEqual(["ok: overproof / gate is required for main"]);
    expect(saysOf(result, "runners")).toEqual([expect.stringContaining("the token does not see")]);
  });
  const none = { ...all, "/rules/branches/main": [], "/actions/runners": { total_count: 0, runners: [] } };
  await withGitHub(none, async (environment) => {
    const result = await doctor({ node }, contextIn(folder.path, environment));
    expect(saysOf(result, "check")).toEqual([
      expect.stringMatching(/^warning: overproof \/ gate is not required/),
    ]);
    expect(saysOf(result, "runners")).toEqual([expect.stringMatching(/^warning: no runner/)]);
  });
  await withGitHub({}, async (environment) => {
    const result = await doctor({ node }, contextIn(folder.path, environment));
    expect(saysOf(result, "token")).toEqual([expect.stringMatching(/^broken: /)]);
    expect(result.status).toBe("broken");
  });
});
