import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { git, serverEnvironment } from "../../test/github/git.ts";
import { buildCommit } from "./commit.ts";
import { type GitRepository, openRepository } from "./repository.ts";
import { startingPoint } from "./starting-point.ts";

const committer = { name: "overproof", email: "overproof@example.com" };
let folder: string;
let repository: GitRepository;
let base: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "overproof-start-"));
  await git(folder, ["init", "--quiet", "--initial-branch=main"]);
  await git(folder, ["config", "user.name", "A Person"]);
  await git(folder, ["config", "user.email", "person@example.com"]);
  repository = await openRepository(folder, serverEnvironment);
  base = await personCommits({ "README.md": "# One\n" });
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function personCommits(files: Record<string, string>): Promise<string> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  await git(folder, ["add", "."]);
  await git(folder, ["commit", "--quiet", "-m", "A change"]);
  return (await git(folder, ["rev-parse", "HEAD"])).trim();
}

async function oursOn(parent: string, files: Record<string, string>): Promise<string> {
  const changes = Object.entries(files).map(([path, content]) => ({ path, content }));
  const date = new Date("2026-01-02T03:04:05Z");
  const commit = await buildCommit(repository, {
    base: parent,
    changes,
    message: "Ours\n",
    author: committer,
    date,
  });
  if (commit === null) throw new Error("The commit changes nothing.");
  return commit;
}

test("without a branch, and with one that is in the base, it starts at the base", async () => {
  for (const head of [undefined, base]) {
    expect(await startingPoint(repository, { base, head, committer })).toMatchObject({
      content: base,
      parent: base,
      rewrites: true,
      carried: [],
      changed: [],
    });
  }
});

test("a branch of our commits alone is written anew on the moved base, with its files", async () => {
  const head = await oursOn(await oursOn(base, { "a.md": "1" }), { "b.md": "2" });
  const moved = await personCommits({ "other.md": "x" });
  const start = await startingPoint(repository, { base: moved, head, committer });
  expect(start).toMatchObject({ content: head, parent: moved, rewrites: true, changed: ["a.md", "b.md"] });
  expect(start.carried.map(({ path, content }) => [path, String(content)])).toEqual([
    ["a.md", "1"],
    ["b.md", "2"],
  ]);
});

test("a base that changed the same file is left to people: the next commit is added", async () => {
  const head = await oursOn(base, { "a.md": "ours" });
  const moved = await personCommits({ "a.md": "theirs" });
  expect(await startingPoint(repository, { base: moved, head, committer })).toMatchObject({
    content: head,
    parent: head,
    rewrites: false,
    carried: [],
    changed: ["a.md"],
  });
});

test("a commit of somebody else on the branch is never rewritten", async () => {
  const ours = await oursOn(base, { "a.md": "1" });
  await git(folder, ["switch", "--quiet", "-c", "branch", ours]);
  const head = await personCommits({ "a.md": "2" });
  expect(await startingPoint(repository, { base, head, committer })).toMatchObject({
    parent: head,
    rewrites: false,
    carried: [],
  });
});

test("histories without a common commit are only added to", async () => {
  await git(folder, ["switch", "--quiet", "--orphan", "other"]);
  const head = await personCommits({ "z.md": "z" });
  expect(await startingPoint(repository, { base, head, committer })).toMatchObject({
    parent: head,
    rewrites: false,
    changed: [],
  });
});
