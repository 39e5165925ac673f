import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { git, serverEnvironment } from "../../test/github/git.ts";
import { branchCommit, setBranch } from "./branch.ts";
import { buildCommit, type FileChange, type NewCommit } from "./commit.ts";
import { openRepository, readFileAt, type GitRepository } from "./repository.ts";

let folder: string;
let repository: GitRepository;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "overproof-commit-"));
  await git(folder, ["init", "--quiet", "--initial-branch=main"]);
  await git(folder, ["config", "user.name", "A Person"]);
  await git(folder, ["config", "user.email", "person@example.com"]);
  await mkdir(join(folder, "skills/old"), { recursive: true });
  await writeFile(join(folder, "skills/old/SKILL.md"), "# Old\n");
  await writeFile(join(folder, "run.sh"), "echo\n", { mode: 0o755 });
  await symlink("skills", join(folder, "linked"));
  await git(folder, ["add", "."]);
  await git(folder, ["commit", "--quiet", "-m", "First"]);
  repository = await openRepository(folder, serverEnvironment);
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

function newCommit(changes: FileChange[]): NewCommit {
  return {
    base: "main",
    changes,
    message: "Change skills\n\nOverproof-Mode: search_log\n",
    author: { name: "Overproof", email: "overproof@example.com" },
    date: new Date("2026-11-21T12:00:00Z"),
  };
}

async function built(changes: FileChange[]): Promise<string> {
  const commit = await buildCommit(repository, newCommit(changes));
  if (commit === null) throw new Error("The commit changes nothing.");
  return commit;
}

describe("buildCommit", () => {
  it("writes, changes and deletes regular files", async () => {
    const commit = await built([
      { path: "skills/new/SKILL.md", content: "# New ✓\r\n" },
      { path: "skills/new/data.bin", content: Uint8Array.from([0, 1, 255]) },
      { path: "skills/old/SKILL.md", content: null },
      { path: "run.sh", content: "echo changed\n" },
    ]);
    expect(
      await git(folder, [
        "diff-tree",
        "-r",
        "--no-commit-id",
        "--no-renames",
        "--format=",
        "--name-status",
        commit,
      ]),
    ).toBe("M\trun.sh\nA\tskills/new/SKILL.md\nA\tskills/new/data.bin\nD\tskills/old/SKILL.md");
    expect(await git(folder, ["ls-tree", "-r", "--format=%(objectmode) %(path)", commit])).toBe(
      "120000 linked\n100644 run.sh\n100644 skills/new/SKILL.md\n100644 skills/new/data.bin",
    );
    expect((await readFileAt(repository, commit, "skills/new/SKILL.md"))?.toString()).toBe("# New ✓\r\n");
    expect(await readFileAt(repository, commit, "skills/new/data.bin")).toEqual(Buffer.from([0, 1, 255]));
    const seconds = Date.parse("2026-11-21T12:00:00Z") / 1000;
    expect(await git(folder, ["show", "-s", "--format=%an <%ae> %at %cn %ct %P", commit])).toBe(
      `Overproof <overproof@example.com> ${seconds} Overproof ${seconds} ${await git(folder, ["rev-parse", "main"])}`,
    );
  });

  it("gives the same id for the same input", async () => {
    const changes = [{ path: "a.md", content: "a\n" }];
    expect(await built(changes)).toBe(await built(changes));
  });

  it("makes no commit when nothing differs from the base", async () => {
    const changes = [
      { path: "skills/old/SKILL.md", content: "# Old\n" },
      { path: "not/there.md", content: null },
    ];
    expect(await buildCommit(repository, newCommit(changes))).toBeNull();
    expect(await buildCommit(repository, newCommit([]))).toBeNull();
  });

  it("adds a file beside existing ones, at every depth", async () => {
    const id = await built([
      { path: "skills/new.md", content: "new\n" },
      { path: "skills/old/more/deep.md", content: "deep\n" },
    ]);
    expect((await readFileAt(repository, id, "skills/old/SKILL.md"))?.toString()).toBe("# Old\n");
    expect((await readFileAt(repository, id, "skills/old/more/deep.md"))?.toString()).toBe("deep\n");
  });

  it("leaves the user's files, index, branch and half-done work alone", async () => {
    await writeFile(join(folder, "skills/old/SKILL.md"), "# Edited\n");
    await writeFile(join(folder, "staged.md"), "staged\n");
    await git(folder, ["add", "staged.md"]);
    // One after the other: git status holds a lock file while it runs.
    const state = async (): Promise<unknown[]> => [
      await git(folder, ["status", "--porcelain"]),
      await git(folder, ["rev-parse", "HEAD"]),
      await readdir(join(folder, ".git")),
    ];
    const before = await state();
    await built([{ path: "skills/old/SKILL.md", content: "# Ours\n" }]);
    const after = await state();
    expect(after).toEqual(before);
  });

  it("runs no hook, filter or monitor that the repository configures", async () => {
    const ran = join(folder, "ran");
    const program = join(folder, "program.sh");
    await writeFile(program, `#!/bin/sh\necho "$0 $*" >> "${ran}"\ncat\n`, { mode: 0o755 });
    for (const hook of ["post-index-change", "reference-transaction", "pre-commit", "post-commit"]) {
      await symlink(program, join(folder, ".git/hooks", hook));
    }
    await git(folder, ["config", "core.fsmonitor", program]);
    await git(folder, ["config", "filter.x.clean", program]);
    await git(folder, ["config", "commit.gpgSign", "true"]);
    await git(folder, ["config", "gpg.program", program]);
    const attributes = { path: ".gitattributes", content: "* filter=x\n" };
    const commit = await built([attributes, { path: "a.md", content: "a\n" }]);
    await setBranch(repository, "topic", commit);
    expect(await readdir(folder)).not.toContain("ran");
    expect(await branchCommit(repository, "topic")).toBe(commit);
  });

  it("refuses paths that leave the repository or reach into git", async () => {
    for (const path of ["../x", "/x", ".git/hooks/post-checkout", "a/.GIT/x", "git~1/x"]) {
      await expect(built([{ path, content: "x" }])).rejects.toMatchObject({ name: "Failure", exitCode: 1 });
    }
  });

  it("refuses to write over or through a symbolic link, and over a folder", async () => {
    await expect(built([{ path: "linked/new.md", content: "x" }])).rejects.toThrow(
      "linked in the repository is a symbolic link",
    );
    await expect(built([{ path: "linked", content: "x" }])).rejects.toThrow("is a symbolic link");
    await expect(built([{ path: "skills", content: "x" }])).rejects.toThrow("is a folder");
    await expect(built([{ path: "run.sh/x", content: "x" }])).rejects.toThrow("is a file");
  });

  it("tells of an unknown base", async () => {
    const commit = { ...newCommit([{ path: "a", content: "a" }]), base: "missing" };
    await expect(buildCommit(repository, commit)).rejects.toMatchObject({ name: "Failure", exitCode: 2 });
  });
});

describe("setBranch", () => {
  it("makes and moves a branch, but not the one that is checked out", async () => {
    const first = await built([{ path: "a", content: "1" }]);
    const second = await built([{ path: "a", content: "2" }]);
    await setBranch(repository, "overproof/distill/x", first);
    await setBranch(repository, "overproof/distill/x", second);
    expect(await branchCommit(repository, "overproof/distill/x")).toBe(second);
    await expect(setBranch(repository, "main", first)).rejects.toMatchObject({ exitCode: 2 });
  });

  it.each(["", "-x", "a..b", "a b", "a/", "/a", "a.lock", "a/.b", "a~1", "a:b", "@", "a@{1}", "x\u0000y"])(
    "refuses the name %j",
    async (name) => {
      await expect(setBranch(repository, name, "0".repeat(40))).rejects.toThrow(
        "cannot be the name of a branch",
      );
    },
  );
});
