import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { git, serverEnvironment } from "../../test/github/git.ts";
import { Failure } from "../failure.ts";
import {
  currentBranch,
  currentCommit,
  isShallow,
  listFilesAt,
  openRepository,
  readFileAt,
  remoteAddress,
  remoteDefaultBranch,
  treeOf,
} from "./repository.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "overproof-repository-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function makeRepository(): Promise<string> {
  await git(folder, ["init", "--quiet", "--initial-branch=main"]);
  await git(folder, ["config", "user.name", "A Person"]);
  await git(folder, ["config", "user.email", "person@example.com"]);
  await mkdir(join(folder, "skills/a"), { recursive: true });
  await writeFile(join(folder, "skills/a/SKILL.md"), "# Ä\n");
  await writeFile(join(folder, "skills/a/bytes.bin"), Buffer.from([0, 255, 13, 10, 128]));
  await symlink("SKILL.md", join(folder, "skills/a/link.md"));
  await writeFile(join(folder, "[x].md"), "pattern\n");
  await git(folder, ["add", "."]);
  await git(folder, ["commit", "--quiet", "-m", "First"]);
  return git(folder, ["rev-parse", "HEAD"]);
}

describe("openRepository", () => {
  it("finds the top level from a folder below it", async () => {
    const commit = await makeRepository();
    const repository = await openRepository(join(folder, "skills/a"), serverEnvironment);
    expect(repository.folder).toBe(folder);
    expect(await currentCommit(repository)).toBe(commit);
    expect(await currentBranch(repository)).toBe("main");
    expect(await isShallow(repository)).toBe(false);
  });

  it("tells what to do where there is no repository", async () => {
    await expect(openRepository(folder, serverEnvironment)).rejects.toMatchObject({
      name: "Failure",
      message: `${folder} is not in a git repository.`,
      exitCode: 2,
    });
    await expect(openRepository(join(folder, "missing"), serverEnvironment)).rejects.toMatchObject({
      message: `There is no folder ${join(folder, "missing")}.`,
      exitCode: 2,
    });
    await git(folder, ["init", "--quiet", "--bare"]);
    await expect(openRepository(folder, serverEnvironment)).rejects.toMatchObject({
      message: `${folder} is a git repository without files.`,
      exitCode: 2,
    });
  });

  it("tells what to do where git is missing", async () => {
    const opened = openRepository(folder, { PATH: folder });
    await expect(opened).rejects.toBeInstanceOf(Failure);
    await expect(opened).rejects.toMatchObject({ message: "The program git was not found.", exitCode: 2 });
  });

  it("is not led astray by git's own variables", async () => {
    const commit = await makeRepository();
    const elsewhere = {
      ...serverEnvironment,
      GIT_DIR: join(folder, "nowhere"),
      GIT_WORK_TREE: "/",
      EDITOR: "false",
    };
    expect(await currentCommit(await openRepository(folder, elsewhere))).toBe(commit);
  });

  it("knows no commit before the first one", async () => {
    await git(folder, ["init", "--quiet", "--initial-branch=trunk"]);
    const repository = await openRepository(folder, serverEnvironment);
    expect(await currentCommit(repository)).toBeUndefined();
    expect(await currentBranch(repository)).toBe("trunk");
  });
});

describe("a repository", () => {
  it("reads files at a ref, byte by byte", async () => {
    await makeRepository();
    const repository = await openRepository(folder, serverEnvironment);
    expect((await readFileAt(repository, "main", "skills/a/SKILL.md"))?.toString("utf8")).toBe("# Ä\n");
    expect(await readFileAt(repository, "HEAD", "skills/a/bytes.bin")).toEqual(
      Buffer.from([0, 255, 13, 10, 128]),
    );
    expect((await readFileAt(repository, "HEAD", "[x].md"))?.toString("utf8")).toBe("pattern\n");
  });

  it("has no file where there is nothing, a folder or a link", async () => {
    await makeRepository();
    const repository = await openRepository(folder, serverEnvironment);
    expect(await readFileAt(repository, "main", "skills/a/other.md")).toBeUndefined();
    expect(await readFileAt(repository, "main", "skills/a")).toBeUndefined();
    expect(await readFileAt(repository, "main", "skills/a/link.md")).toBeUndefined();
    expect(await readFileAt(repository, "main", ":(glob)**")).toBeUndefined();
    await expect(readFileAt(repository, "no-such-branch", "x")).rejects.toMatchObject({ exitCode: 2 });
    await expect(readFileAt(repository, "--all", "x")).rejects.toMatchObject({ exitCode: 2 });
  });

  it("lists the files of a folder with their modes", async () => {
    await makeRepository();
    const repository = await openRepository(folder, serverEnvironment);
    const files = await listFilesAt(repository, "main", "skills/");
    expect(files.map(({ path, mode }) => `${mode} ${path}`)).toEqual([
      "100644 skills/a/SKILL.md",
      "100644 skills/a/bytes.bin",
      "120000 skills/a/link.md",
    ]);
    expect((await listFilesAt(repository, "main")).map(({ path }) => path)).toContain("[x].md");
    expect(await listFilesAt(repository, "main", "missing")).toEqual([]);
    expect(await treeOf(repository, "main")).toBe(await git(folder, ["rev-parse", "main^{tree}"]));
  });

  it("knows its remote", async () => {
    await makeRepository();
    const repository = await openRepository(folder, serverEnvironment);
    expect(await remoteAddress(repository)).toBeUndefined();
    expect(await remoteDefaultBranch(repository)).toBeUndefined();
    await git(folder, ["remote", "add", "origin", "https://example.com/o/r.git"]);
    await git(folder, ["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk/x"]);
    expect(await remoteAddress(repository)).toBe("https://example.com/o/r.git");
    expect(await remoteDefaultBranch(repository)).toBe("trunk/x");
  });
});
