import { execFileSync } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Failure } from "../failure.ts";
import { scanLibrary } from "./library.ts";

const fixtures = join(import.meta.dirname, "../../test/fixtures/library");
let folder = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "overproof-library-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function addSkill(path: string, name: string): Promise<void> {
  await mkdir(join(folder, path, ".."), { recursive: true });
  await writeFile(
    join(folder, path),
    `---\nname: ${name}\ndescription: A description of the skill ${name}.\n---\n\nSteps.\n`,
  );
}

/** `path rule` of everything that was rejected. */
async function rejections(): Promise<string[]> {
  const { rejected } = await scanLibrary(folder);
  return rejected.flatMap(({ path, findings }) => findings.map(({ rule }) => `${path} ${rule}`));
}

test("loads what AKG's loader loads, and says why it leaves out the rest", async () => {
  const { skills, rejected } = await scanLibrary(join(fixtures, "scan-rules"));
  // AKG refuses bad-eof for want of a line end after the closing hyphens; the specification does not.
  expect(skills.map(({ path }) => path)).toEqual([
    "archive/kept/SKILL.md",
    "bad-eof/SKILL.md",
    "nested/deeper/triton-cuda-nested/SKILL.md",
    "ok-64/SKILL.md",
    "ok-crlf/SKILL.md",
    "ok-dashes/SKILL.md",
    "ok-level/SKILL.md",
    "ok-longdesc/SKILL.md",
    "ok-otherdir/SKILL.md",
    "triton-cuda-case-norm-row-resident/SKILL.md",
    "triton-cuda-case-reduction-row-single-pass/SKILL.md",
  ]);
  expect(skills.find(({ path }) => path === "ok-otherdir/SKILL.md")?.name).toBe("name-differs-from-folder");
  expect(rejected.map(({ path, findings }) => `${path} ${findings[0]?.rule}`)).toEqual([
    "bad-double/SKILL.md name-format",
    "bad-long/SKILL.md name-length",
    "bad-no-frontmatter/SKILL.md front-matter-start",
    "bad-nodesc/SKILL.md description-missing",
    "bad-open/SKILL.md front-matter-end",
    "bad-space/SKILL.md front-matter-start",
    "bad-under/SKILL.md name-format",
    "bad-upper/SKILL.md name-format",
    "bad-yaml/SKILL.md yaml-syntax",
    "lower/skill.md file-name",
  ]);
});

test("gives the same answer for the same folder, sorted by path", async () => {
  await cp(join(fixtures, "scan-rules"), folder, { recursive: true });
  expect(await scanLibrary(folder)).toEqual(await scanLibrary(join(fixtures, "scan-rules")));
});

test("a missing folder is an empty library, a file is none", async () => {
  expect(await scanLibrary(join(folder, "nothing"))).toEqual({ skills: [], rejected: [] });
  await addSkill("a/SKILL.md", "a");
  await expect(scanLibrary(join(folder, "a/SKILL.md"))).rejects.toThrow(Failure);
});

test("skips .git, node_modules and .archive at any depth", async () => {
  for (const skipped of [".git", "node_modules", ".archive"]) await addSkill(`x/${skipped}/a/SKILL.md`, "a");
  expect(await scanLibrary(folder)).toEqual({ skills: [], rejected: [] });
});

test("follows no link, neither out of the library nor round in circles", async () => {
  await addSkill("a/SKILL.md", "a");
  await mkdir(join(folder, "b"));
  await symlink(join(fixtures, "scan-rules"), join(folder, "out"));
  await symlink("..", join(folder, "a/up"));
  await symlink("nowhere", join(folder, "a/dangling"));
  await symlink(join(folder, "a/SKILL.md"), join(folder, "b/SKILL.md"));
  expect((await scanLibrary(folder)).skills.map(({ path }) => path)).toEqual(["a/SKILL.md"]);
  expect(await rejections()).toEqual([
    "a/up symlink-folder",
    "b/SKILL.md symlink-file",
    "out symlink-folder",
  ]);
});

test("reports what is not a text file instead of waiting for it or loading it", async () => {
  for (const name of ["pipe", "huge", "latin"]) await mkdir(join(folder, name));
  execFileSync("mkfifo", [join(folder, "pipe/SKILL.md")]);
  await writeFile(join(folder, "huge/SKILL.md"), "---\n");
  await truncate(join(folder, "huge/SKILL.md"), 1_048_577);
  await writeFile(
    join(folder, "latin/SKILL.md"),
    Buffer.from("---\nname: latin\ndescription: gr\u00FCn\n---\n", "latin1"),
  );
  const { rejected } = await scanLibrary(folder);
  expect(rejected.map(({ findings }) => findings[0])).toMatchObject([
    { rule: "file-size", line: 1 },
    { rule: "encoding", line: 3 },
    { rule: "file-unreadable", line: 1 },
  ]);
});

test("keeps the first of two skills with one name and names it for the second", async () => {
  await addSkill("b/a/SKILL.md", "a");
  await addSkill("a/SKILL.md", "a");
  const { skills, rejected } = await scanLibrary(folder);
  expect(skills.map(({ path }) => path)).toEqual(["a/SKILL.md"]);
  expect(rejected).toMatchObject([
    {
      path: "b/a/SKILL.md",
      findings: [{ rule: "name-duplicate", line: 2, message: 'The name "a" is taken by a/SKILL.md.' }],
    },
  ]);
});

test("does not take a file that lies directly in the library", async () => {
  await addSkill("SKILL.md", "a");
  expect((await rejections())[0]).toBe("SKILL.md file-place");
});

test("reads deep folders", async () => {
  const deep = Array(200).fill("d").join("/");
  await addSkill(`${deep}/a/SKILL.md`, "a");
  expect((await scanLibrary(folder)).skills.map(({ name }) => name)).toEqual(["a"]);
});
