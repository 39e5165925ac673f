import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { git, tryGit } from "../../test/github/git.ts";
import { Failure } from "../failure.ts";
import {
  type ArchiveEntry,
  emptyArchive,
  extendArchive,
  parseArchive,
  withoutEntries,
  writeArchive,
} from "./archive.ts";

function entry(name: string, more: Partial<ArchiveEntry> = {}): ArchiveEntry {
  return {
    name,
    path: `triton-cuda/evolved-improvement/${name}/SKILL.md`,
    commit: "a".repeat(40),
    survivors: ["triton-cuda-merged-words"],
    reason: "They say the same.",
    results: null,
    date: "2026-03-01T10:00:00.000Z",
    ...more,
  };
}

const name = fc.stringMatching(/^[a-z0-9]{4,9}(-[a-z0-9]{4,9}){0,2}$/);
const entries = fc.array(
  fc.record({
    name,
    path: name.map((folder) => `x/${folder}/SKILL.md`),
    commit: fc.stringMatching(/^[0-9a-f]{40}$/),
    survivors: fc.array(name, { maxLength: 3 }),
    reason: fc.string({ minLength: 1, maxLength: 40, unit: "grapheme" }),
    results: fc.option(
      fc.array(
        fc.record({
          student: fc.string({ maxLength: 20 }),
          verdict: fc.constantFrom("better", "no worse", "worse", "cannot tell"),
          cases: fc.nat(100),
          difference: fc.option(fc.integer({ min: -100, max: 100 }).map((points) => points / 100)),
          low: fc.constant(null),
          high: fc.constant(null),
        }),
        { maxLength: 3 },
      ),
    ),
    date: fc
      .date({ min: new Date(0), max: new Date("2100-01-01"), noInvalidDate: true })
      .map((date) => date.toISOString()),
  }),
  { maxLength: 12 },
);

describe("the index of retired skills", () => {
  test("reads back what it wrote, in the same bytes whatever the order", () => {
    fc.assert(
      fc.property(entries, (list) => {
        const archive = extendArchive(emptyArchive, list);
        const text = writeArchive(archive);
        expect(parseArchive(text, "archive.json")).toEqual(archive);
        expect(writeArchive({ format: 1, retired: archive.retired.toReversed() })).toBe(text);
      }),
    );
  });

  test("replaces an entry of the same name and commit, and takes out what is restored", () => {
    const first = entry("alpha");
    const second = entry("alpha", { commit: "b".repeat(40), date: "2026-04-01T00:00:00.000Z" });
    const archive = extendArchive(extendArchive(emptyArchive, [second, first]), [
      { ...first, reason: "Better said." },
    ]);
    expect(archive.retired.map(({ reason }) => reason)).toEqual(["Better said.", "They say the same."]);
    expect(withoutEntries(archive, [second]).retired).toEqual([{ ...first, reason: "Better said." }]);
  });

  test("is joined by git where two branches retire skills that lie apart by name", async () => {
    const folder = await mkdtemp(join(tmpdir(), "overproof-index-"));
    try {
      await git(folder, ["init", "--quiet", "--initial-branch=main"]);
      await git(folder, ["config", "user.name", "A Person"]);
      await git(folder, ["config", "user.email", "person@example.com"]);
      const base = extendArchive(emptyArchive, [entry("m")]);
      const commit = async (archive: typeof base): Promise<void> => {
        await writeFile(join(folder, "archive.json"), writeArchive(archive));
        await git(folder, ["add", "."]);
        await git(folder, ["commit", "--quiet", "-m", "Index"]);
      };
      await commit(base);
      await git(folder, ["checkout", "--quiet", "-b", "one"]);
      await commit(extendArchive(base, [entry("a"), entry("b")]));
      await git(folder, ["checkout", "--quiet", "-b", "two", "main"]);
      await commit(extendArchive(base, [entry("y"), entry("z")]));
      const joined = await tryGit(folder, ["merge", "--quiet", "one"]);
      expect(joined.code).toBe(0);
      const text = await git(folder, ["show", "HEAD:archive.json"]);
      expect(parseArchive(text, "archive.json").retired.map((one) => one.name)).toEqual([
        "a",
        "b",
        "m",
        "y",
        "z",
      ]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  const hostile: [string, Record<string, unknown>][] = [
    ["a name with dots", { name: "../x" }],
    ["a name that is a device", { name: "con" }],
    ["an endless name", { name: "x".repeat(10_000) }],
    ["a name with look-alikes", { name: "\u0430lpha" }],
    ["a path above the library", { path: "../alpha/SKILL.md" }],
    ["a path through the library's top", { path: "a/../../alpha/SKILL.md" }],
    ["an absolute path", { path: "/etc/alpha/SKILL.md" }],
    ["a path of Windows", { path: "C:\\alpha\\SKILL.md" }],
    ["a path into git's folder", { path: ".git/hooks/SKILL.md" }],
    ["a path with a zero byte", { path: "a\u0000/SKILL.md" }],
    ["a path with a line break", { path: "a\nb/SKILL.md" }],
    ["a path of another file", { path: "alpha/run.sh" }],
    ["a skill at the top", { path: "SKILL.md" }],
    ["a commit that is an option", { commit: "--all" }],
    ["a commit that is a branch", { commit: "main" }],
    ["a survivor that is a path", { survivors: ["../x"] }],
    ["no reason", { reason: "" }],
    ["a field that nobody knows", { run: "rm" }],
    ["no date", { date: "yesterday" }],
  ];
  test.each(hostile)("refuses %s", (_, more) => {
    const text = JSON.stringify({ format: 1, retired: [{ ...entry("alpha"), ...more }] });
    expect(() => parseArchive(text, "archive.json")).toThrow(Failure);
  });

  test("says what to do with what a merge left in it", () => {
    const text = `<<<<<<< HEAD\n${writeArchive(emptyArchive)}=======\n`;
    expect(() => parseArchive(text, "archive.json")).toThrow(
      expect.objectContaining({
        exitCode: 2,
        remedy: expect.stringContaining("what a merge left") as unknown,
      }) as Error,
    );
  });
});
