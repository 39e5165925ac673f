import { expect, test } from "vitest";
import { ownPaths, putAwayDate, putAwayName, putAwayPlace } from "./skill-place.ts";

const files = ["a/SKILL.md", "a/x.md", "a/b/SKILL.md", "a/b/y.md", "ab/SKILL.md", "a/bc/z.md"].map(
  (path) => ({ path }),
);

test("a skill owns what lies in its folder, but for skills below it", () => {
  expect(ownPaths(files, "a/SKILL.md").map(({ path }) => path)).toEqual([
    "a/SKILL.md",
    "a/x.md",
    "a/bc/z.md",
  ]);
  expect(ownPaths(files, "a/b/SKILL.md").map(({ path }) => path)).toEqual(["a/b/SKILL.md", "a/b/y.md"]);
});

test("knows where a skill lay before AKG put it away", () => {
  expect(putAwayPlace("skills/triton/.archive/20250102_030405/old/SKILL.md")).toEqual({
    timestamp: "20250102_030405",
    original: "skills/triton/old/SKILL.md",
  });
  expect(putAwayPlace(".archive/20250102_030405/old/SKILL.md")?.original).toBe("old/SKILL.md");
  expect(putAwayPlace(`.archive/${putAwayName("20250102_030405", 2)}/old/SKILL.md`)).toEqual({
    timestamp: "20250102_030405_2",
    original: "old/SKILL.md",
  });
  for (const other of [
    ".archive/20250102_030405_/old/SKILL.md",
    ".archive/20250102_030405_0/old/SKILL.md",
    "x.archive/20250102_030405/old",
    ".archive/old/SKILL.md",
    ".archive/20250102_030405",
    "a/b",
  ]) {
    expect(putAwayPlace(other)).toBeUndefined();
  }
});

test("reads AKG's timestamps, and passes over dates that there are not", () => {
  expect(putAwayDate("20250102_030405")).toBe("2025-01-02T03:04:05.000Z");
  expect(putAwayDate("20250102_030405_2")).toBe("2025-01-02T03:04:05.000Z");
  expect(putAwayDate("20251302_030405")).toBeUndefined();
  expect(putAwayDate("../../x")).toBeUndefined();
});
