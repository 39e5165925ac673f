import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { plainClient } from "./client.ts";
import { operations } from "./description.ts";
import { startGitHub, type FakeGitHub } from "./github.ts";
import { repositoryRoute, serverRoute } from "./route.ts";
import { routes } from "./routes.ts";

const here = { owner: "octo", repo: "skills" };
let github: FakeGitHub;

beforeAll(async () => {
  github = await startGitHub({ now: () => new Date("2026-11-21T12:00:00Z") });
  await github.createRepository("octo/skills", { files: { "README.md": "# Skills\n", "a/b.txt": "b\n" } });
  github.addToken("app-token", {
    login: "overproof[bot]",
    permissions: { contents: "write", pull_requests: "write", issues: "write" },
  });
  github.addToken("read-token", { login: "overproof[bot]", permissions: { contents: "read" } });
  github.addToken("person-token", { login: "ada", permissions: { contents: "read" }, app: false });
});

afterAll(async () => {
  await github[Symbol.asyncDispose]();
});

function client(token = "app-token"): ReturnType<typeof plainClient> {
  return plainClient(github, token);
}

describe("the REST API", () => {
  it("serves exactly the operations of its description", () => {
    expect([...routes.keys()].sort()).toEqual([...operations.keys()].sort());
  });

  it("describes the repository, its branches and their content", async () => {
    const { data: repository } = await client().rest.repos.get(here);
    expect(repository).toMatchObject({ full_name: "octo/skills", default_branch: "main" });
    const { data: branch } = await client().rest.repos.getBranch({ ...here, branch: "main" });
    expect(branch.commit.sha).toBe(await github.repository("octo/skills").git("rev-parse", "main"));
    const { data: file } = await client().rest.repos.getContent({ ...here, path: "a/b.txt", ref: "main" });
    expect("content" in file && Buffer.from(file.content, "base64").toString()).toBe("b\n");
    const { data: folder } = await client().rest.repos.getContent({ ...here, path: "a" });
    expect(folder).toMatchObject([{ name: "b.txt", type: "file" }]);
  });

  it("makes a commit from blobs and trees as git would", async () => {
    const { rest } = client();
    const { data: main } = await rest.git.getRef({ ...here, ref: "heads/main" });
    const { data: blob } = await rest.git.createBlob({ ...here, content: "aGk=", encoding: "base64" });
    const { data: tree } = await rest.git.createTree({
      ...here,
      base_tree: main.object.sha,
      tree: [
        { path: "new/hi.txt", mode: "100644", type: "blob", sha: blob.sha },
        { path: "a/b.txt", mode: "100644", type: "blob", sha: null },
      ],
    });
    const { data: commit } = await rest.git.createCommit({
      ...here,
      message: "Say hi",
      tree: tree.sha,
      parents: [main.object.sha],
    });
    await rest.git.createRef({ ...here, ref: "refs/heads/topic/hi", sha: commit.sha });
    const { git } = github.repository("octo/skills");
    expect(await git("ls-tree", "-r", "--name-only", "topic/hi")).toBe("README.md\nnew/hi.txt");
    expect(await git("log", "-1", "--format=%s by %an", "topic/hi")).toBe("Say hi by overproof[bot]");
    const { data: comparison } = await rest.repos.compareCommitsWithBasehead({
      ...here,
      basehead: "main...topic/hi",
    });
    expect(comparison).toMatchObject({ status: "ahead", ahead_by: 1, behind_by: 0 });
    expect(comparison.files?.map(({ filename, status }) => `${status} ${filename}`)).toEqual([
      "removed a/b.txt",
      "added new/hi.txt",
    ]);
    const { data: read } = await rest.git.getCommit({ ...here, commit_sha: commit.sha });
    expect(read.tree.sha).toBe(tree.sha);
    const { data: listed } = await rest.git.getTree({ ...here, tree_sha: tree.sha, recursive: "1" });
    expect(listed.tree.map(({ path }) => path)).toEqual(["README.md", "new", "new/hi.txt"]);
    const { data: content } = await rest.git.getBlob({ ...here, file_sha: blob.sha });
    expect(Buffer.from(content.content, "base64").toString()).toBe("hi");
  });

  it("moves a ref forward only, unless forced, and deletes it", async () => {
    const { rest } = client();
    const before = await github.repository("octo/skills").git("rev-parse", "main");
    await rest.git.createRef({ ...here, ref: "refs/heads/moving", sha: before });
    const ahead = await github.commit("octo/skills", { branch: "moving", files: { "x.txt": "x\n" } });
    const back = { ...here, ref: "heads/moving", sha: before };
    await expect(rest.git.updateRef(back)).rejects.toThrow("Update is not a fast forward");
    await expect(rest.git.createRef({ ...here, ref: "refs/heads/moving", sha: ahead })).rejects.toThrow(
      "Reference already exists",
    );
    await expect(rest.git.updateRef({ ...back, sha: "1".repeat(40) })).rejects.toThrow(
      "Object does not exist",
    );
    expect((await rest.git.updateRef({ ...back, force: true })).data.object.sha).toBe(before);
    await rest.git.deleteRef({ ...here, ref: "heads/moving" });
    await expect(rest.git.getRef({ ...here, ref: "heads/moving" })).rejects.toMatchObject({ status: 404 });
  });

  it("knows whose token it is", async () => {
    expect((await client("person-token").rest.users.getAuthenticated()).data.login).toBe("ada");
    await expect(client().rest.users.getAuthenticated()).rejects.toThrow(
      "Resource not accessible by integration",
    );
    expect(await client().graphql("{ viewer { login } }")).toEqual({ viewer: { login: "overproof[bot]" } });
    expect((await client().rest.rateLimit.get()).data.rate.limit).toBe(5000);
  });

  it("refuses unknown tokens, unknown repositories, and tokens without the permission", async () => {
    await expect(client("nobody-token").rest.repos.get(here)).rejects.toThrow("Bad credentials");
    await expect(client().rest.repos.get({ owner: "octo", repo: "nothing" })).rejects.toMatchObject({
      status: 404,
    });
    const creation = {
      ...here,
      ref: "refs/heads/x",
      sha: await github.repository("octo/skills").git("rev-parse", "main"),
    };
    const refused = client("read-token").rest.git.createRef(creation);
    await expect(refused).rejects.toMatchObject({
      status: 403,
      response: { headers: { "x-accepted-github-permissions": "contents=write" } },
    });
    await expect(refused).rejects.toThrow("Resource not accessible by integration");
    await expect(client("person-token").rest.git.createRef(creation)).rejects.toThrow(
      "Resource not accessible by personal access token",
    );
  });

  it("fails on demand, for as many requests as asked", async () => {
    github.failNext({ method: "GET", path: "/repos/octo/skills", status: 502, times: 2 });
    github.failNext({ path: /branches/, status: 403, headers: { "retry-after": "7" } });
    const { rest } = client();
    await expect(rest.repos.get(here)).rejects.toMatchObject({ status: 502 });
    await expect(rest.repos.get(here)).rejects.toMatchObject({ status: 502 });
    await expect(rest.repos.getBranch({ ...here, branch: "main" })).rejects.toMatchObject({
      status: 403,
      response: { headers: { "retry-after": "7" } },
    });
    expect((await rest.repos.get(here)).status).toBe(200);
    github.failNext({ path: "/repos/octo/skills", status: "disconnect" });
    await expect(rest.repos.get(here)).rejects.toMatchObject({ status: 500 });
  });

  it("keeps tokens out of its journal, wherever they stand", async () => {
    await client().rest.git.createBlob({ ...here, content: "leaked: app-token" });
    expect(github.requests.at(-1)).toEqual({
      method: "POST",
      path: "/repos/octo/skills/git/blobs",
      operation: "git/create-blob",
      login: "overproof[bot]",
      body: { content: "leaked: ***" },
      status: 201,
    });
    expect(github.violations).toEqual([]);
  });
});

describe("GitHub's description", () => {
  it("catches requests that GitHub does not describe", async () => {
    await using own = await startGitHub();
    await own.createRepository("octo/skills");
    own.addToken("t", { login: "ada", permissions: { contents: "write", pull_requests: "write" } });
    const { request } = plainClient(own, "t");
    const misspelt = request("POST /repos/octo/skills/git/blobs", { content: "x", encodng: "utf-8" });
    await expect(misspelt).rejects.toMatchObject({ status: 500 });
    await expect(request("POST /repos/octo/skills/git/blobs", { encoding: "utf-8" })).rejects.toMatchObject({
      status: 500,
    });
    await expect(request("GET /repos/octo/skills/pulls?sate=open")).rejects.toMatchObject({ status: 500 });
    await expect(request("GET /repos/octo/skills/pulls?page=two")).rejects.toMatchObject({ status: 500 });
    expect(own.violations).toEqual([
      "git/create-blob request body: / must NOT have additional properties (encodng)",
      "git/create-blob request body: / must have required property 'content'",
      "pulls/list request query: / must NOT have additional properties (sate)",
      "pulls/list request query: /page must be integer",
    ]);
  });

  it("catches an answer of ours that GitHub would not give", () => {
    const operation = operations.get("git/get-ref");
    const right = {
      ref: "refs/heads/main",
      node_id: "REF_x",
      url: "https://api.github.com/x",
      object: { type: "commit", sha: "1".repeat(40), url: "https://api.github.com/y" },
    };
    expect(operation?.checkAnswer(200, right)).toEqual([]);
    expect(operation?.checkAnswer(200, { ...right, node_id: undefined })).toEqual([
      "/ must have required property 'node_id'",
    ]);
    expect(operation?.checkAnswer(200, { ...right, url: "no address" })).toEqual([
      '/url must match format "uri"',
    ]);
    expect(operation?.checkAnswer(201, right)).toEqual(["/ status 201 is not described"]);
  });

  it("turns a wrong answer of a handler into a 500 that tests see", async () => {
    await using own = await startGitHub();
    await own.createRepository("octo/skills");
    own.addToken("t", { login: "ada", permissions: { contents: "read" } });
    const [id, wrong] = repositoryRoute("git/get-ref", ["contents=read"], () => ({
      status: 200,
      body: { ref: 1 },
    }));
    const table = routes as Map<string, ReturnType<typeof serverRoute>[1]>;
    const right = routes.get(id);
    table.set(id, wrong);
    try {
      const { rest } = plainClient(own, "t");
      await expect(rest.git.getRef({ ...here, ref: "heads/main" })).rejects.toMatchObject({ status: 500 });
    } finally {
      if (right !== undefined) table.set(id, right);
    }
    expect(own.violations).toHaveLength(1);
    expect(own.violations[0]).toContain("git/get-ref answer: ");
  });
});
