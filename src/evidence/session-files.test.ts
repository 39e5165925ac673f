import { describe, expect, test } from "vitest";
import { replacePatch, writePatch } from "../traces/call-patch.ts";
import { filePatches, followPatch, noWrittenFiles } from "./session-files.ts";

const lines = (...all: string[]): string => `${all.join("\n")}\n`;

describe("a file that is written anew", () => {
  test("is told as what changed, also after edits in the middle of lines", () => {
    const files = noWrittenFiles();
    followPatch(files, "k.py", writePatch("k.py", lines("a = 1", "b = 2", "c = 3")));
    followPatch(files, "k.py", replacePatch("k.py", [{ from: "= 2", to: "= 5" }]));
    const shown = followPatch(files, "k.py", writePatch("k.py", lines("a = 1", "b = 5", "c = 4")));
    expect(shown).toBe("--- a/k.py\n+++ b/k.py\n@@ -2,2 +2,2 @@\n b = 5\n-c = 3\n+c = 4");
  });

  test("is told whole where an edit could not be followed", () => {
    const files = noWrittenFiles();
    followPatch(files, "k.py", writePatch("k.py", lines("a = 1")));
    followPatch(files, "k.py", replacePatch("k.py", [{ from: "not there", to: "x" }]));
    const whole = writePatch("k.py", lines("a = 2"));
    expect(followPatch(files, "k.py", whole)).toBe(whole);
  });
});

test("what is kept of files is bounded", () => {
  const files = noWrittenFiles();
  for (let n = 0; n < 500; n += 1) followPatch(files, `k${n}.py`, writePatch(`k${n}.py`, "x".repeat(50_000)));
  expect(files.texts.size).toBeLessThanOrEqual(60);
  expect(files.characters).toBeLessThanOrEqual(1_000_000);
  expect(files.characters).toBe([...files.texts.values()].reduce((sum, text) => sum + text.length, 0));
});

test("a patch of several files is taken apart", () => {
  const patch = `${writePatch("a.py", "x\n")}\n${replacePatch("b/c.py", [{ from: "-- y", to: "-- z" }])}`;
  expect(filePatches(patch).map(({ path }) => path)).toEqual(["a.py", "b/c.py"]);
  expect(filePatches(patch)[1]?.patch).toContain("--- y");
});
