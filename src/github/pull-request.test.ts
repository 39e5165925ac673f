import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { plainClient } from "../../test/github/client.ts";
import { startGitHub, type FakeGitHub } from "../../test/github/github.ts";
import { silentReporter } from "../reporter.ts";
import { createClient, type GitHubClient } from "./client.ts";
import { findPullRequest, putPullRequest, type WantedPullRequest } from "./pull-request.ts";
import { defaultBranch } from "./repository.ts";

const here = { owner: "octo", repo: "skills" };
let github: FakeGitHub;
let client: GitHubClient;
let wanted: WantedPullRequest;
let tests = 0;

beforeAll(async () => {
  github = await startGitHub();
  await github.createRepository("octo/skills");
});

afterAll(async () => {
  await github[Symbol.asyncDispose]();
});

beforeEach(async () => {
  tests += 1;
  const head = `overproof/distill/${tests}`;
  await github.commit("octo/skills", { branch: head, files: { [`${tests}.md`]: "x\n" } });
  wanted = { head, base: "main", title: "Add a skill", body: "# Body\n", labels: ["skills"] };
  // A token of its own gives every test its own queue: the throttling plugin spaces writes of one token.
  const token = `token-${tests}`;
  github.addToken(token, {
    login: "overproof[bot]",
    permissions: { contents: "write", pull_requests: "write" },
  });
  const { apiUrl } = github;
  client = await createClient({
    token,
    apiUrl,
    userAgent: "t",
    reporter: silentReporter,
    sleep: async () => {},
  });
});

function writes(): string[] {
  return github.requests
    .filter(({ method, login }) => method !== "GET" && login !== null)
    .map(({ operation }) => operation ?? "");
}

describe("putPullRequest", () => {
  it("opens a pull request with its labels", async () => {
    const { pullRequest, operation } = await putPullRequest(client, here, wanted);
    expect(operation).toBe("created");
    expect(pullRequest).toMatchObject({ title: "Add a skill", body: "# Body\n", labels: ["skills"] });
    expect(pullRequest.url).toBe(`${github.url}/octo/skills/pull/${pullRequest.number}`);
    expect(pullRequest.headSha).toBe(await github.repository("octo/skills").git("rev-parse", wanted.head));
    expect(await defaultBranch(client, here)).toBe("main");
  });

  it("writes nothing when everything is as wanted", async () => {
    await putPullRequest(client, here, { ...wanted, body: "one\r\ntwo  \n\n" });
    const before = writes().length;
    const again = await putPullRequest(client, here, { ...wanted, labels: ["Skills"], body: "one\ntwo" });
    expect(again.operation).toBe("unchanged");
    expect(writes()).toHaveLength(before);
  });

  it("updates what differs and nothing else", async () => {
    const first = await putPullRequest(client, here, wanted);
    const { operation, pullRequest } = await putPullRequest(client, here, {
      ...wanted,
      body: "new",
      labels: ["more"],
    });
    expect(operation).toBe("updated");
    expect(pullRequest).toMatchObject({
      number: first.pullRequest.number,
      body: "new",
      labels: ["skills", "more"],
    });
    const update = github.requests.findLast(({ operation }) => operation === "pulls/update");
    expect(update?.body).toEqual({ body: "new" });
    const [pull] = (await github.pulls("octo/skills")).filter(({ head }) => head === wanted.head);
    expect(pull).toMatchObject({ title: "Add a skill", body: "new" });
  });

  it("opens a new one where the former is closed", async () => {
    const { pullRequest } = await putPullRequest(client, here, { ...wanted, labels: [] });
    const { rest } = plainClient(github, `token-${tests}`);
    await rest.pulls.update({ ...here, pull_number: pullRequest.number, state: "closed" });
    expect(await findPullRequest(client, here, wanted)).toBeUndefined();
    const second = await putPullRequest(client, here, { ...wanted, labels: [] });
    expect(second).toMatchObject({ operation: "created" });
    expect(second.pullRequest.number).not.toBe(pullRequest.number);
  });

  it("opens one pull request even when GitHub's answer gets lost", async () => {
    github.failNext({ method: "POST", path: "/repos/octo/skills/pulls", status: "lost" });
    const { pullRequest } = await putPullRequest(client, here, { ...wanted, labels: [] });
    expect(pullRequest).toMatchObject({ title: "Add a skill", body: "# Body\n" });
    const pulls = (await github.pulls("octo/skills")).filter(({ head }) => head === wanted.head);
    expect(pulls).toHaveLength(1);
    expect(github.violations).toEqual([]);
  });

  it("says what GitHub has against it", async () => {
    const equal = { ...wanted, head: "equal" };
    const main = await github.repository("octo/skills").git("rev-parse", "main");
    await github.repository("octo/skills").git("update-ref", "refs/heads/equal", main);
    await expect(putPullRequest(client, here, equal)).rejects.toMatchObject({
      name: "Failure",
      exitCode: 3,
      message: expect.stringContaining("No commits between main and equal"),
    });
  });
});
