import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { cloneRepository, type Clone } from "../../test/github/clone.ts";
import { serverEnvironment } from "../../test/github/git.ts";
import { startGitHub, type FakeGitHub } from "../../test/github/github.ts";
import { silentReporter } from "../reporter.ts";
import { buildCommit } from "./commit.ts";
import { fetchBranch, pushBranch, remoteBranch, remoteHead, type Link } from "./push.ts";
import { isShallow, openRepository, readFileAt } from "./repository.ts";

const token = "ghs_writertoken0123456789";
let github: FakeGitHub;
let clone: Clone;
let link: Link;
let waited: number[];
let warnings: string[];

beforeAll(async () => {
  github = await startGitHub();
  github.addToken(token, { login: "overproof[bot]", permissions: { contents: "write" } });
  github.addToken("ghs_reader", { login: "overproof[bot]", permissions: { contents: "read" } });
});

afterAll(async () => {
  await github[Symbol.asyncDispose]();
});

beforeEach(async (context) => {
  const name = `octo/r${context.task.id.replaceAll(/\W/g, "")}`;
  await github.createRepository(name, { files: { "README.md": "# One\n" } });
  clone = await cloneRepository(github, name, token);
  waited = [];
  warnings = [];
  link = {
    repository: await openRepository(clone.folder, serverEnvironment),
    remote: { url: clone.url, token },
    reporter: { ...silentReporter, warning: (message) => warnings.push(message) },
    sleep: async (milliseconds) => void waited.push(milliseconds),
  };
  context.onTestFinished(() => clone[Symbol.asyncDispose]());
});

async function commitOf(content: string, base = "HEAD"): Promise<string> {
  const commit = await buildCommit(link.repository, {
    base,
    changes: [{ path: "skills/a/SKILL.md", content }],
    message: "Add a skill\n",
    author: { name: "Overproof", email: "overproof@example.com" },
    date: new Date("2026-11-21T12:00:00Z"),
  });
  return commit ?? "";
}

function serverTip(branch: string): Promise<string> {
  return github.repository(new URL(clone.url).pathname.slice(1, -4)).git("rev-parse", branch);
}

describe("pushBranch", () => {
  it("pushes a commit without touching the working copy", async () => {
    const commit = await commitOf("# A\n");
    expect(await pushBranch(link, { branch: "overproof/x", commit, expected: null })).toBe("pushed");
    expect(await serverTip("overproof/x")).toBe(commit);
    expect(await remoteBranch(link, "overproof/x")).toBe(commit);
    expect(await remoteHead(link)).toBe("main");
    expect(await clone.git("status", "--porcelain")).toBe("");
    expect(await clone.git("for-each-ref", "--format=%(refname)")).not.toContain("overproof/x");
  });

  it("rewrites a branch only when it is as expected", async () => {
    const first = await commitOf("# 1\n");
    const second = await commitOf("# 2\n");
    const third = await commitOf("# 3\n");
    await pushBranch(link, { branch: "x", commit: first });
    expect(await pushBranch(link, { branch: "x", commit: second, expected: first })).toBe("pushed");
    expect(await pushBranch(link, { branch: "x", commit: third, expected: first })).toBe("rejected");
    expect(await pushBranch(link, { branch: "x", commit: third, expected: null })).toBe("rejected");
    expect(await serverTip("x")).toBe(second);
  });

  it("never rewrites without being told to", async () => {
    await pushBranch(link, { branch: "x", commit: await commitOf("# 1\n") });
    expect(await pushBranch(link, { branch: "x", commit: await commitOf("# 2\n") })).toBe("rejected");
  });

  it("counts a push that had arrived as pushed", async () => {
    const commit = await commitOf("# 1\n");
    await pushBranch(link, { branch: "x", commit });
    expect(await pushBranch(link, { branch: "x", commit, expected: null })).toBe("pushed");
  });

  it("names the permission that the token lacks", async () => {
    const forbidden = { ...link, remote: { ...link.remote, token: "ghs_reader" } };
    await expect(
      pushBranch(forbidden, { branch: "x", commit: await commitOf("# 1\n") }),
    ).rejects.toMatchObject({
      name: "Failure",
      exitCode: 3,
      message: expect.stringContaining("lacks the permission contents: write"),
      remedy: expect.stringContaining("contents: write"),
    });
    expect(waited).toEqual([]);
  });

  it("tells an unknown token from an unknown repository", async () => {
    const stranger = { ...link, remote: { ...link.remote, token: "ghs_stranger" } };
    await expect(remoteBranch(stranger, "main")).rejects.toThrow("does not accept the token");
    const nowhere = { ...link, remote: { ...link.remote, url: `${github.url}/octo/nowhere.git` } };
    await expect(remoteBranch(nowhere, "main")).rejects.toThrow("has no repository octo/nowhere");
  });

  it("tries again when the network fails, and says so", async () => {
    github.failNext({ path: /info\/refs/, status: 502, times: 2 });
    github.failNext({ path: /git-receive-pack$/, status: 502 });
    const commit = await commitOf("# 1\n");
    expect(await pushBranch(link, { branch: "x", commit, expected: null })).toBe("pushed");
    expect(waited).toEqual([1000, 3000, 9000]);
    expect(warnings).toHaveLength(3);
  });

  it("takes a push for done whose answer got lost", async () => {
    github.failNext({ path: /git-receive-pack$/, status: "lost" });
    const commit = await commitOf("# 1\n");
    expect(await pushBranch(link, { branch: "x", commit, expected: null })).toBe("pushed");
    expect(await serverTip("x")).toBe(commit);
  });

  it("gives up after four tries", async () => {
    github.failNext({ path: /info\/refs/, status: 503, times: 4 });
    await expect(remoteBranch(link, "main")).rejects.toMatchObject({ name: "Failure", exitCode: 3 });
    expect(waited).toHaveLength(3);
  });

  it("says why the server's rules refuse a branch", async () => {
    const { directory } = github.repository(new URL(clone.url).pathname.slice(1, -4));
    await writeFile(
      join(directory, "hooks/pre-receive"),
      "#!/bin/sh\necho GH013: rule violations\nexit 1\n",
      {
        mode: 0o755,
      },
    );
    await expect(pushBranch(link, { branch: "x", commit: await commitOf("# 1\n") })).rejects.toMatchObject({
      exitCode: 3,
      message: expect.stringContaining("pre-receive hook declined"),
    });
  });

  it("runs no hook, helper or other program that the user configured", async () => {
    const ran = join(clone.folder, "ran");
    const program = join(clone.folder, "program.sh");
    await writeFile(program, `#!/bin/sh\necho "$0 $*" >> "${ran}"\nexit 0\n`, { mode: 0o755 });
    await writeFile(join(clone.folder, ".git/hooks/pre-push"), `#!/bin/sh\n${program}\n`, { mode: 0o755 });
    await writeFile(join(clone.folder, ".git/hooks/reference-transaction"), `#!/bin/sh\n${program}\n`, {
      mode: 0o755,
    });
    const host = new URL(clone.url).origin;
    for (const [key, value] of [
      ["credential.helper", `!${program}`],
      [`credential.${host}.helper`, `!${program}`],
      ["core.askPass", program],
      ["core.sshCommand", program],
      ["core.fsmonitor", program],
      ["push.gpgSign", "if-asked"],
      ["gpg.program", program],
    ] as const) {
      await clone.git("config", key, value);
    }
    const commit = await commitOf("# 1\n");
    expect(await pushBranch(link, { branch: "x", commit })).toBe("pushed");
    const stranger = { ...link, remote: { ...link.remote, token: "ghs_stranger" } };
    await expect(remoteBranch(stranger, "x")).rejects.toThrow("does not accept the token");
    await clone.git("config", "protocol.ssh.allow", "always");
    await clone.git("config", `url.ssh://other.example/.insteadOf`, `${host}/`);
    await expect(remoteBranch(link, "x")).rejects.toThrow(/transport 'ssh' not allowed/);
    expect(await readdir(clone.folder)).not.toContain("ran");
  });

  it("sends its own token whatever the working copy keeps", async () => {
    const other = Buffer.from("x-access-token:ghs_reader").toString("base64");
    const { origin } = new URL(clone.url);
    await clone.git("config", `http.${origin}/.extraheader`, `AUTHORIZATION: basic ${other}`);
    await clone.git("config", `http.${clone.url}.extraheader`, `AUTHORIZATION: basic ${other}`);
    expect(await pushBranch(link, { branch: "x", commit: await commitOf("# 1\n") })).toBe("pushed");
  });

  it("leaves the token in no file and no message", async () => {
    await pushBranch(link, { branch: "x", commit: await commitOf("# 1\n") });
    github.failNext({ path: /info\/refs/, status: 418, message: `what is ${token}?` });
    const failed = await remoteBranch(link, "x").catch((error: unknown) => error as Error);
    expect(failed).toBeInstanceOf(Error);
    expect(`${String(failed)} ${String((failed as Error).cause)}`).not.toContain(token);
    expect(await readFile(join(clone.folder, ".git/config"), "utf8")).not.toContain(token);
    expect(await readdir(join(clone.folder, ".git"))).not.toContain("FETCH_HEAD");
  });
});

describe("fetchBranch", () => {
  it("brings the commit here and moves no ref", async () => {
    const name = new URL(clone.url).pathname.slice(1, -4);
    const commit = await github.commit(name, { branch: "their/branch", files: { "new.md": "new\n" } });
    const refs = await clone.git("for-each-ref");
    expect(await fetchBranch(link, "their/branch")).toBe(commit);
    expect((await readFileAt(link.repository, commit, "new.md"))?.toString()).toBe("new\n");
    expect(await clone.git("for-each-ref")).toBe(refs);
    expect(await fetchBranch(link, "missing")).toBeUndefined();
  });

  it("works in a shallow clone", async () => {
    const name = new URL(clone.url).pathname.slice(1, -4);
    await github.commit(name, { files: { "two.md": "2\n" } });
    await using shallow = await cloneRepository(github, name, token, { depth: 1 });
    const repository = await openRepository(shallow.folder, serverEnvironment);
    expect(await isShallow(repository)).toBe(true);
    await github.commit(name, { branch: "later", files: { "three.md": "3\n" } });
    const fetched = await fetchBranch({ ...link, repository }, "later");
    expect((await readFileAt(repository, fetched ?? "", "two.md"))?.toString()).toBe("2\n");
  });
});
