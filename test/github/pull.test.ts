import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { plainClient } from "./client.ts";
import { startGitHub, type FakeGitHub } from "./github.ts";

const here = { owner: "octo", repo: "skills" };
let github: FakeGitHub;

beforeAll(async () => {
  github = await startGitHub();
  const files = Object.fromEntries(
    Array.from({ length: 5 }, (_, index) => [`file${index}.txt`, `${index}\n`]),
  );
  await github.createRepository("octo/skills", { files });
  github.addToken("t", {
    login: "overproof[bot]",
    permissions: { contents: "write", pull_requests: "write" },
  });
  github.addToken("reader", { login: "ada", permissions: { pull_requests: "read" } });
});

afterAll(async () => {
  await github[Symbol.asyncDispose]();
});

function client(token = "t"): ReturnType<typeof plainClient> {
  return plainClient(github, token);
}

async function openPull(branch: string, files: Record<string, string | null>): Promise<number> {
  await github.commit("octo/skills", { branch, files, message: `Work on ${branch}` });
  const { data } = await client().rest.pulls.create({ ...here, head: branch, base: "main", title: branch });
  return data.number;
}

describe("pull requests", () => {
  it("follow what is pushed to their head", async () => {
    const number = await openPull("follow", { "follow.txt": "1\n" });
    const sha = await github.commit("octo/skills", { branch: "follow", files: { "follow.txt": "1\n2\n" } });
    const { data } = await client().rest.pulls.get({ ...here, pull_number: number });
    expect(data).toMatchObject({ commits: 2, additions: 2, changed_files: 1, mergeable: true });
    expect(data.head.sha).toBe(sha);
    expect(await github.repository("octo/skills").git("rev-parse", `refs/pull/${number}/head`)).toBe(sha);
    const { data: files } = await client().rest.pulls.listFiles({ ...here, pull_number: number });
    expect(files).toMatchObject([
      { filename: "follow.txt", status: "added", additions: 2, patch: "@@ -0,0 +1,2 @@\n+1\n+2" },
    ]);
  });

  it("are found by head, and refused twice for the same head", async () => {
    const number = await openPull("twice", { "twice.txt": "1\n" });
    const again = client().rest.pulls.create({ ...here, head: "octo:twice", base: "main", title: "again" });
    await expect(again).rejects.toThrow("A pull request already exists for octo:twice.");
    await expect(again).rejects.toMatchObject({ status: 422 });
    const { data } = await client().rest.pulls.list({ ...here, head: "octo:twice" });
    expect(data.map((pull) => pull.number)).toEqual([number]);
    expect((await client().rest.pulls.list({ ...here, head: "other:twice" })).data).toEqual([]);
  });

  it("are refused without commits, without a head, and with too long a body", async () => {
    const { rest } = client();
    await rest.git.createRef({
      ...here,
      ref: "refs/heads/equal",
      sha: await github.repository("octo/skills").git("rev-parse", "main"),
    });
    const create = (head: string, body = ""): Promise<unknown> =>
      rest.pulls.create({ ...here, head, base: "main", title: "t", body });
    await expect(create("equal")).rejects.toThrow("No commits between main and equal");
    await expect(create("missing")).rejects.toMatchObject({ status: 422 });
    await expect(create("equal", "x".repeat(65_537))).rejects.toThrow(
      "body is too long (maximum is 65536 characters)",
    );
  });

  it("are refused to tokens that may not write them", async () => {
    const { rest } = client("reader");
    expect((await rest.pulls.list(here)).status).toBe(200);
    await expect(rest.pulls.create({ ...here, head: "x", base: "main", title: "t" })).rejects.toMatchObject({
      status: 403,
    });
    await expect(rest.pulls.merge({ ...here, pull_number: 1 })).rejects.toMatchObject({ status: 403 });
  });

  it("change their text, close, and close by themselves when their branch goes", async () => {
    const number = await openPull("closing", { "closing.txt": "1\n" });
    const at = { ...here, pull_number: number };
    const { data: updated } = await client().rest.pulls.update({ ...at, title: "New", body: "Text" });
    expect(updated).toMatchObject({ title: "New", body: "Text", state: "open" });
    expect((await client().rest.pulls.update({ ...at, state: "closed" })).data.state).toBe("closed");
    expect((await client().rest.pulls.update({ ...at, state: "open" })).data.state).toBe("open");
    const head = updated.head.sha;
    await client().rest.git.deleteRef({ ...here, ref: "heads/closing" });
    const { data: closed } = await client().rest.pulls.get(at);
    expect(closed).toMatchObject({ state: "closed", merged: false });
    expect(closed.head.sha).toBe(head);
  });

  it("merge with a merge commit that keeps what main got meanwhile", async () => {
    const number = await openPull("merging", { "merging.txt": "1\n" });
    await github.commit("octo/skills", { files: { "meanwhile.txt": "1\n" } });
    const { data } = await client().rest.pulls.merge({ ...here, pull_number: number });
    expect(data.merged).toBe(true);
    const { git } = github.repository("octo/skills");
    expect(await git("rev-parse", "main")).toBe(data.sha);
    const names = await git("ls-tree", "--name-only", "main");
    expect(names).toContain("meanwhile.txt");
    expect(names).toContain("merging.txt");
    expect((await git("log", "-1", "--format=%P", "main")).split(" ")).toHaveLength(2);
    const { data: merged } = await client().rest.pulls.get({ ...here, pull_number: number });
    expect(merged).toMatchObject({ state: "closed", merged: true, merge_commit_sha: data.sha, commits: 1 });
  });

  it("merge by squashing and by rebasing", async () => {
    const { git } = github.repository("octo/skills");
    for (const method of ["squash", "rebase"] as const) {
      const number = await openPull(`by-${method}`, { [`${method}1.txt`]: "1\n" });
      await github.commit("octo/skills", {
        branch: `by-${method}`,
        files: { [`${method}2.txt`]: "2\n" },
        message: "Second",
      });
      await github.commit("octo/skills", { files: { [`before-${method}.txt`]: "1\n" } });
      const before = await git("rev-parse", "main");
      await client().rest.pulls.merge({ ...here, pull_number: number, merge_method: method });
      const subjects = await git("log", "--format=%s", `${before}..main`);
      expect(subjects).toBe(method === "squash" ? `by-squash (#${number})` : "Second\nWork on by-rebase");
      expect(await git("ls-tree", "--name-only", "main")).toContain(`${method}2.txt`);
    }
  });

  it("do not merge over a conflict or a head that moved", async () => {
    const number = await openPull("conflict", { "file0.txt": "theirs\n" });
    const head = await github.repository("octo/skills").git("rev-parse", "conflict");
    await github.commit("octo/skills", { files: { "file0.txt": "ours\n" } });
    const { data } = await client().rest.pulls.get({ ...here, pull_number: number });
    expect(data).toMatchObject({ mergeable: false, mergeable_state: "dirty" });
    const merge = client().rest.pulls.merge({ ...here, pull_number: number, sha: head });
    await expect(merge).rejects.toMatchObject({ status: 405 });
    const stale = client().rest.pulls.merge({ ...here, pull_number: number, sha: "1".repeat(40) });
    await expect(stale).rejects.toMatchObject({ status: 409 });
  });
});

describe("comments and labels", () => {
  it("page by thirty with links", async () => {
    const number = await openPull("talk", { "talk.txt": "1\n" });
    const at = { ...here, issue_number: number };
    for (let index = 0; index < 35; index += 1)
      await client().rest.issues.createComment({ ...at, body: `${index}` });
    const first = await client().rest.issues.listComments(at);
    expect(first.data).toHaveLength(30);
    expect(first.headers.link).toBe(
      `<${github.apiUrl}/repos/octo/skills/issues/${number}/comments?page=2>; rel="next", ` +
        `<${github.apiUrl}/repos/octo/skills/issues/${number}/comments?page=2>; rel="last"`,
    );
    const all = await client().paginate(client().rest.issues.listComments, at);
    expect(all.map(({ body }) => body)).toEqual(Array.from({ length: 35 }, (_, index) => `${index}`));
  });

  it("are changed and deleted, and kept within GitHub's length", async () => {
    const number = await openPull("edit", { "edit.txt": "1\n" });
    const at = { ...here, issue_number: number };
    const { rest } = client();
    const { data } = await rest.issues.createComment({ ...at, body: "one" });
    expect(data.user?.login).toBe("overproof[bot]");
    await rest.issues.updateComment({ ...here, comment_id: data.id, body: "two" });
    expect((await rest.issues.getComment({ ...here, comment_id: data.id })).data.body).toBe("two");
    await expect(rest.issues.createComment({ ...at, body: "x".repeat(65_537) })).rejects.toThrow(
      "Body is too long",
    );
    await rest.issues.createComment({ ...at, body: "\u{1F600}".repeat(65_536) });
    await rest.issues.deleteComment({ ...here, comment_id: data.id });
    expect((await rest.issues.listComments(at)).data).toHaveLength(1);
  });

  it("add labels to those that are there", async () => {
    const number = await openPull("labels", { "labels.txt": "1\n" });
    const at = { ...here, issue_number: number };
    await client().rest.issues.addLabels({ ...at, labels: ["skills"] });
    await client().rest.issues.addLabels({ ...at, labels: ["Skills", "evolved"] });
    const { data } = await client().rest.issues.listLabelsOnIssue(at);
    expect(data.map(({ name }) => name)).toEqual(["skills", "evolved"]);
  });

  it("stay within GitHub's description", () => {
    expect(github.violations).toEqual([]);
  });
});
