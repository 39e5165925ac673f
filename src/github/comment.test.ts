import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { plainClient } from "../../test/github/client.ts";
import { startGitHub, type FakeGitHub } from "../../test/github/github.ts";
import { silentReporter } from "../reporter.ts";
import { createClient, type GitHubClient } from "./client.ts";
import { putStickyComment, stickyMarker } from "./comment.ts";

const here = { owner: "octo", repo: "skills" };
let github: FakeGitHub;
const author = "overproof[bot]";
let client: GitHubClient;
let issue = 0;

beforeAll(async () => {
  github = await startGitHub();
  await github.createRepository("octo/skills");
  github.addToken("ours", { login: "overproof[bot]", permissions: { pull_requests: "write" } });
  github.addToken("theirs", { login: "mallory", permissions: { pull_requests: "write" }, app: false });
});

afterAll(async () => {
  await github[Symbol.asyncDispose]();
});

async function openPull(branch: string): Promise<void> {
  // A token of its own gives every test its own queue: the throttling plugin spaces writes of one token.
  const token = `ours-${branch}`;
  github.addToken(token, { login: author, permissions: { pull_requests: "write" } });
  const { apiUrl } = github;
  client = await createClient({
    token,
    apiUrl,
    userAgent: "t",
    reporter: silentReporter,
    sleep: async () => {},
  });
  await github.commit("octo/skills", { branch, files: { [`${branch}.md`]: "x\n" } });
  const { rest } = plainClient(github, "ours");
  issue = (await rest.pulls.create({ ...here, head: branch, base: "main", title: branch })).data.number;
}

function comments(): { login: string; body: string }[] {
  return [...github.repository("octo/skills").comments.values()]
    .filter((comment) => comment.issue === issue)
    .map(({ login, body }) => ({ login, body }));
}

describe("putStickyComment", () => {
  it("writes one comment per purpose and keeps it up to date", async () => {
    await openPull("one");
    const put = (id: string, body: string): ReturnType<typeof putStickyComment> =>
      putStickyComment(client, here, { issue, id, body, author });
    const first = await put("gate", "Better.");
    expect(first.operation).toBe("created");
    expect(await put("gate", "Better.")).toEqual({ ...first, operation: "unchanged" });
    expect(await put("gate", "Worse.")).toEqual({ ...first, operation: "updated" });
    expect((await put("lint", "Fine.")).operation).toBe("created");
    expect(comments().map(({ body }) => body)).toEqual([
      `${stickyMarker("gate")}\nWorse.`,
      `${stickyMarker("lint")}\nFine.`,
    ]);
  });

  it("does not take somebody else's comment with the marker for its own", async () => {
    await openPull("two");
    const { rest } = plainClient(github, "theirs");
    await rest.issues.createComment({
      ...here,
      issue_number: issue,
      body: `${stickyMarker("gate")}\nAll is well.`,
    });
    const { operation } = await putStickyComment(client, here, { issue, id: "gate", body: "Worse.", author });
    expect(operation).toBe("created");
    expect(comments()).toEqual([
      { login: "mallory", body: `${stickyMarker("gate")}\nAll is well.` },
      { login: "overproof[bot]", body: `${stickyMarker("gate")}\nWorse.` },
    ]);
  });

  it("finds its comment behind many others", async () => {
    await openPull("three");
    const { rest } = plainClient(github, "theirs");
    const say = (body: string): Promise<unknown> =>
      rest.issues.createComment({ ...here, issue_number: issue, body });
    for (let index = 0; index < 120; index += 1) await say(`Remark ${index}`);
    expect((await putStickyComment(client, here, { issue, id: "gate", body: "One", author })).operation).toBe(
      "created",
    );
    expect((await putStickyComment(client, here, { issue, id: "gate", body: "Two", author })).operation).toBe(
      "updated",
    );
    expect(comments()).toHaveLength(121);
    expect(github.violations).toEqual([]);
  });

  it("writes one comment even when GitHub's answer gets lost", async () => {
    await openPull("four");
    github.failNext({ method: "POST", path: /comments$/, status: "lost" });
    const first = await putStickyComment(client, here, { issue, id: "gate", body: "One", author });
    expect(first.operation).toBe("created");
    expect(comments()).toHaveLength(1);
  });

  it("tries again when the comment did not arrive", async () => {
    await openPull("five");
    github.failNext({ method: "POST", path: /comments$/, status: 502 });
    const first = await putStickyComment(client, here, { issue, id: "gate", body: "One", author });
    expect(first.operation).toBe("created");
    expect(comments()).toHaveLength(1);
  });

  it("takes no marker that could end early", () => {
    expect(() => stickyMarker("a --> b")).toThrow("cannot name a sticky comment");
  });
});
