import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startGitHub, type FakeGitHub } from "../../test/github/github.ts";
import { silentReporter } from "../reporter.ts";
import { statusBehind } from "./api-failure.ts";
import { createClient, type GitHubClient } from "./client.ts";
import { viewerLogin } from "./viewer.ts";

const here = { owner: "octo", repo: "skills" };
let github: FakeGitHub;
let waited: number[];
let warnings: string[];

beforeEach(async () => {
  github = await startGitHub();
  await github.createRepository("octo/skills");
  github.addToken("app-token", { login: "overproof[bot]", permissions: { contents: "write" } });
  waited = [];
  warnings = [];
});

afterEach(async () => {
  await github[Symbol.asyncDispose]();
});

function client(
  options: { token?: string; apiUrl?: string; longestWait?: number } = {},
): Promise<GitHubClient> {
  return createClient({
    token: "app-token",
    apiUrl: github.apiUrl,
    userAgent: "overproof/test",
    reporter: { ...silentReporter, warning: (text) => warnings.push(text) },
    sleep: async (milliseconds) => void waited.push(milliseconds / 1000),
    ...options,
  });
}

describe("the client", () => {
  it("tries again after an outage, longer each time", async () => {
    github.failNext({ path: "/repos/octo/skills", status: 502, times: 2 });
    github.failNext({ path: "/repos/octo/skills", status: "disconnect" });
    const { rest } = await client();
    expect((await rest.repos.get(here)).data.full_name).toBe("octo/skills");
    expect(waited).toEqual([1, 4, 9]);
    expect(warnings[0]).toContain("GitHub cannot be reached");
    expect(github.requests.map(({ status }) => status)).toEqual([502, 502, 0, 200]);
  });

  it("gives up after three more tries", async () => {
    github.failNext({ path: "/repos/octo/skills", status: 503, times: 4 });
    const { rest } = await client();
    await expect(rest.repos.get(here)).rejects.toMatchObject({
      name: "Failure",
      exitCode: 3,
      message: expect.stringContaining("answered GET /repos/octo/skills with 503"),
    });
    expect(github.requests).toHaveLength(4);
  });

  it("obeys retry-after after an outage and at every kind of limit", async () => {
    const path = "/repos/octo/skills";
    github.failNext({ path, status: 503, headers: { "retry-after": "11" } });
    github.failNext({ path, status: 403, headers: { "retry-after": "12" } });
    github.failNext({ path, status: 429, headers: { "retry-after": "13" }, message: "Slow down" });
    const { rest } = await client();
    expect((await rest.repos.get(here)).status).toBe(200);
    expect(waited).toEqual([11, 12, 13]);
  });

  it("waits a minute at a limit that does not say how long, and until the reset where it is told", async () => {
    const path = "/repos/octo/skills";
    github.failNext({ path, status: 429, message: "Too many requests" });
    const reset = String(Math.floor(Date.now() / 1000) + 30);
    const headers = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": reset };
    github.failNext({ path, status: 403, headers, message: "API rate limit exceeded" });
    const { rest } = await client();
    await rest.repos.get(here);
    expect(waited[0]).toBe(60);
    expect(waited[1]).toBeGreaterThan(28);
    expect(waited[1]).toBeLessThan(33);
  });

  it("ends rather than wait longer than it may in all", async () => {
    const path = "/repos/octo/skills";
    github.failNext({ path, status: 403, headers: { "retry-after": "70" }, times: 2 });
    const { rest } = await client({ longestWait: 100 });
    await expect(rest.repos.get(here)).rejects.toMatchObject({
      name: "Failure",
      exitCode: 3,
      message: expect.stringContaining("The rate limit of the token"),
    });
    expect(waited).toEqual([70]);
    github.failNext({ path, status: 503, headers: { "retry-after": "31" } });
    await expect(rest.repos.get(here)).rejects.toThrow("503");
    expect(waited).toEqual([70]);
  });

  it("names the permission that is missing, as the server states it", async () => {
    const { rest } = await client();
    const labelling = rest.issues.addLabels({ ...here, issue_number: 1, labels: ["x"] });
    await expect(labelling).rejects.toMatchObject({
      name: "Failure",
      exitCode: 3,
      message: expect.stringContaining("lacks the permission issues: write or pull-requests: write"),
      remedy: expect.stringContaining('"issues: write or pull-requests: write"'),
    });
    expect(waited).toEqual([]);
  });

  it("names the permission by the path where the server does not state it", async () => {
    const message = "Resource not accessible by integration";
    const cases = [
      ["POST", "/repos/octo/skills/pulls", "pull-requests: write"],
      ["GET", "/repos/octo/skills/git/ref/heads/main", "contents: read"],
      ["PUT", "/repos/octo/skills/pulls/1/merge", "contents: write"],
    ] as const;
    const { request } = await client();
    for (const [method, path, permission] of cases) {
      github.failNext({ method, path, status: 403, message });
      await expect(request(`${method} ${path}`)).rejects.toThrow(`lacks the permission ${permission}`);
    }
  });

  it("tells a setting from a permission", async () => {
    const message = "GitHub Actions is not permitted to create or approve pull requests.";
    github.failNext({ method: "POST", status: 403, message });
    const { rest } = await client();
    await expect(rest.pulls.create({ ...here, head: "x", base: "main", title: "t" })).rejects.toMatchObject({
      remedy: expect.stringContaining("Allow GitHub Actions to create and approve pull requests"),
    });
  });

  it("tells an unknown token, a missing repository and an unreachable server", async () => {
    const stranger = await client({ token: "stranger-token" });
    await expect(stranger.rest.repos.get(here)).rejects.toThrow(
      "does not accept the token (Bad credentials)",
    );
    const { rest } = await client();
    const missing = await rest.repos.get({ owner: "octo", repo: "nothing" }).catch((error: unknown) => error);
    expect(missing).toMatchObject({ exitCode: 3, remedy: expect.stringContaining("octo/nothing") });
    expect(statusBehind(missing)).toBe(404);
    const nowhere = await client({ apiUrl: "http://127.0.0.1:9/api/v3" });
    await expect(nowhere.rest.repos.get(here)).rejects.toThrow("127.0.0.1:9 cannot be reached");
  });

  it("sends the token to no address where it could be read on the way", async () => {
    await expect(client({ apiUrl: "http://ghe.example/api/v3" })).rejects.toMatchObject({ exitCode: 2 });
    await expect(client({ apiUrl: "" })).rejects.toMatchObject({ exitCode: 2 });
  });

  it("shows the token in no error", async () => {
    const failed = await (
      await client({ token: "secret-stranger" })
    ).rest.repos
      .get(here)
      .catch((e: unknown) => e);
    const text = inspect(failed, { depth: null, showHidden: true });
    expect(text).toContain("Bad credentials");
    expect(text).not.toContain("secret-stranger");
  });

  it("knows its login by GraphQL, with the address of an Enterprise Server", async () => {
    expect(await viewerLogin(await client())).toBe("overproof[bot]");
    expect(github.requests.at(-1)).toMatchObject({ path: "/graphql", status: 200 });
    expect(github.violations).toEqual([]);
  });
});
