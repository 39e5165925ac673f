import fc from "fast-check";
import { expect, test } from "vitest";
import { sha256 } from "../digest.ts";
import { placeFiles, skillFilePath, skillFileSchema } from "./skill-files.ts";

const wanted = { path: "references/more.md", content: "new\n" };

test("writes a file that is not there, and remembers what it wrote", () => {
  const placed = placeFiles([wanted], new Map(), []);
  expect(placed.files).toEqual([wanted]);
  expect(placed.written).toEqual([{ path: wanted.path, sha256: sha256("new\n") }]);
});

test("replaces what it wrote itself", () => {
  const known = [{ path: wanted.path, sha256: sha256("old\n") }];
  const placed = placeFiles([wanted], new Map([[wanted.path, "old\n"]]), known);
  expect(placed.files).toEqual([wanted]);
});

test("leaves a file that a person wrote or changed, and says so", () => {
  for (const known of [[], [{ path: wanted.path, sha256: sha256("old\n") }]]) {
    const placed = placeFiles([wanted], new Map([[wanted.path, "a person's\n"]]), known);
    expect(placed.files).toEqual([]);
    expect(placed.written).toEqual(known);
    expect(placed.notes).toEqual(["A person changed references/more.md; it is left as it is."]);
  }
});

test("writes nothing that stands there already", () => {
  const placed = placeFiles([wanted], new Map([[wanted.path, wanted.content]]), []);
  expect(placed.files).toEqual([]);
  expect(placed.written).toHaveLength(1);
});

test("accepts no path that leaves its folder or is executed by itself", () => {
  for (const path of [
    "../SKILL.md",
    "scripts/../../x.sh",
    "/etc/passwd.md",
    "references/a/b.md",
    "references/.md",
    "scripts/x.exe",
    "SKILL.md",
    ".github/workflows/x.md",
    "references/x.md\n",
    "references\\x.md",
    "evals/evals.json/x",
  ]) {
    expect([path, skillFilePath.test(path)]).toEqual([path, false]);
  }
  for (const path of ["scripts/con.sh", "references/aux.md", "scripts/lpt1.sh"])
    expect([path, skillFileSchema.safeParse({ path, content: "" }).success]).toEqual([path, false]);
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(skillFilePath.test(`references/${text}`) && /[^a-z0-9.-]|\.\./.test(text)).toBe(false);
    }),
  );
});
