import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assertSafePath, assertSeparatePaths } from "./path.ts";

describe("assertSafePath", () => {
  it.each([
    "skills/a/SKILL.md",
    ".overproof/evidence/a.json",
    "a b/ä.md",
    ".github-like/x",
    "x.git/y",
    "日本/語.md",
    "..a/b..c",
  ])("takes %j", (path) => {
    expect(() => assertSafePath(path)).not.toThrow();
  });

  it.each([
    "",
    "/etc/passwd",
    "C:/x",
    "a:b",
    "../x",
    "a/../../x",
    "a/./b",
    "a//b",
    "a/",
    ".git/config",
    "a/.GIT/hooks/x",
    ".Git",
    "git~1/config",
    "GIT~2",
    ".git /config",
    ".git./config",
    ".git::$INDEX_ALLOCATION/config",
    ".g\u200Cit/config",
    "\uFEFF.git/config",
    ".gi\u00ADt/config",
    "a\\b",
    "a\nb",
    "a\tb",
    "a\u0000b",
    "a\u202Eb",
    "a\u2028b",
    "name.",
    "name ",
    "skills/con/SKILL.md",
    "scripts/aux.sh",
    "COM¹/x",
    "con .json",
  ])("refuses %j", (path) => {
    expect(() => assertSafePath(path)).toThrow(/cannot be committed/);
  });

  it("never lets a path through that has a part which git keeps for itself", () => {
    const gitName = fc.constantFrom(".git", ".GIT", ".git ", ".git.", "git~1", ".g\u200Dit", "..", ".");
    const name = fc.string({ minLength: 1, maxLength: 8, unit: "binary" });
    fc.assert(
      fc.property(
        fc.array(name, { maxLength: 3 }),
        gitName,
        fc.array(name, { maxLength: 3 }),
        (before, bad, after) => {
          expect(() => assertSafePath([...before, bad, ...after].join("/"))).toThrow(/cannot be committed/);
        },
      ),
    );
  });
});

describe("assertSeparatePaths", () => {
  it("takes paths that can be in one tree", () => {
    expect(() => assertSeparatePaths(["a/b", "a/c", "ab", "a.md"])).not.toThrow();
  });

  it.each([[["a/b", "A/B"]], [["a", "a/b"]], [["\u00E4/x", "a\u0308/x"]], [["\u017F", "S"]]])(
    "refuses %j",
    (paths) => {
      expect(() => assertSeparatePaths(paths)).toThrow(/cannot be committed together/);
    },
  );
});
