import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cloneRepository } from "./clone.ts";
import { tryGit } from "./git.ts";
import { startGitHub, type FakeGitHub } from "./github.ts";

let github: FakeGitHub;

beforeAll(async () => {
  github = await startGitHub();
  await github.createRepository("octo/skills", { files: { "skills/a/SKILL.md": "# A\n" } });
  github.addToken("writer-token", { login: "github-actions[bot]", permissions: { contents: "write" } });
  github.addToken("reader-token", { login: "reader", permissions: { contents: "read" }, app: false });
});

afterAll(async () => {
  await github[Symbol.asyncDispose]();
});

async function commitInto(
  folder: string,
  git: (...args: string[]) => Promise<string>,
  text: string,
): Promise<string> {
  await writeFile(join(folder, "note.txt"), text);
  await git("add", "note.txt");
  await git("commit", "--quiet", "-m", "Add a note");
  return git("rev-parse", "HEAD");
}

describe("git over HTTP", () => {
  it("serves a clone and takes a push", async () => {
    await using clone = await cloneRepository(github, "octo/skills", "writer-token");
    expect(await clone.git("show", "HEAD:skills/a/SKILL.md")).toBe("# A");
    const sha = await commitInto(clone.folder, clone.git, "pushed\n");
    const pushed = await clone.tryGit("push", "origin", "HEAD:refs/heads/from-clone");
    expect(pushed.stderr).toContain("from-clone");
    expect(pushed.code).toBe(0);
    expect(await github.repository("octo/skills").git("rev-parse", "from-clone")).toBe(sha);
  });

  it("serves a shallow clone", async () => {
    await github.commit("octo/skills", { files: { "later.txt": "later\n" } });
    await using clone = await cloneRepository(github, "octo/skills", "reader-token", { depth: 1 });
    expect(await clone.git("rev-parse", "--is-shallow-repository")).toBe("true");
  });

  it("asks for credentials where none are given", async () => {
    const listed = await tryGit(
      github.repository("octo/skills").directory,
      ["ls-remote", `${github.url}/octo/skills`],
      {
        env: { GIT_TERMINAL_PROMPT: "0" },
      },
    );
    expect(listed.code).not.toBe(0);
    expect(listed.stderr).toContain("could not read Username");
    expect(github.requests.at(-1)).toMatchObject({ operation: "git-upload-pack", login: null, status: 401 });
  });

  it("refuses a push when the token lacks contents: write", async () => {
    await using clone = await cloneRepository(github, "octo/skills", "reader-token");
    await commitInto(clone.folder, clone.git, "refused\n");
    const pushed = await clone.tryGit("push", "origin", "HEAD:refs/heads/refused");
    expect(pushed.code).not.toBe(0);
    expect(pushed.stderr).toContain("Permission to octo/skills.git denied to reader.");
    expect(pushed.stderr).toContain("403");
  });

  it("does not know a repository that was not made", async () => {
    await using clone = await cloneRepository(github, "octo/skills", "writer-token");
    const fetched = await clone.tryGit("fetch", `${github.url}/octo/nothing.git`);
    expect(fetched.stderr).toContain("Repository not found.");
  });

  it("refuses a push to the refs of pull requests", async () => {
    await using clone = await cloneRepository(github, "octo/skills", "writer-token");
    await commitInto(clone.folder, clone.git, "hidden\n");
    const pushed = await clone.tryGit("push", "origin", "HEAD:refs/pull/1/head");
    expect(pushed.stderr).toContain("deny updating a hidden ref");
  });

  it("fails on demand", async () => {
    await using clone = await cloneRepository(github, "octo/skills", "writer-token");
    github.failNext({ path: /info\/refs$/, status: 502 });
    expect((await clone.tryGit("fetch")).stderr).toContain("502");
    github.failNext({ path: /info\/refs$/, status: "disconnect" });
    expect((await clone.tryGit("fetch")).code).not.toBe(0);
    expect((await clone.tryGit("fetch")).code).toBe(0);
  });

  it("keeps no token in its journal", () => {
    const journal = JSON.stringify(github.requests);
    expect(journal).toContain("git-receive-pack");
    expect(journal).not.toContain("writer-token");
    expect(journal).not.toContain(Buffer.from("x-access-token:writer-token").toString("base64"));
    expect(github.violations).toEqual([]);
  });
});
