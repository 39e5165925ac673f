import * as fc from "fast-check";
import { expect, test } from "vitest";
import { isDeviceName } from "../files/device-name.ts";
import { survivorFolder, survivorName } from "./survivor-place.ts";

const hostile = fc.oneof(
  fc.constantFrom(
    "../../x",
    "/etc/passwd",
    "a\0b",
    "CON",
    "nul.txt",
    "COM1",
    "..",
    "",
    ".git",
    "C:\\x",
    "а-с-е",
    "x".repeat(10_000),
    "\u202Ex",
    "-",
    "merged",
    "triton-cuda-merged",
    "triton-cuda",
  ),
  fc.string({ unit: "binary", maxLength: 100 }),
);

test("whatever name a model proposes, a survivor has a plain one of its scope that no other skill has", () => {
  fc.assert(
    fc.property(
      hostile,
      fc.constantFrom("", "triton-cuda", "s".repeat(64)),
      fc.constantFrom("merged" as const, "fix" as const),
      fc.integer({ min: 0, max: 5 }),
      (proposed, scope, prefix, taken) => {
        const names = new Set<string>();
        for (let count = 0; count <= taken; count += 1) {
          const name = survivorName(proposed, {
            scope,
            prefix,
            feature: "rows",
            isTaken: (one) => names.has(one),
          });
          expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
          expect(name.length).toBeLessThanOrEqual(64);
          expect(isDeviceName(name)).toBe(false);
          expect(name.startsWith(scope === "" ? `${prefix}-` : `${scope.slice(0, 40)}-${prefix}-`)).toBe(
            true,
          );
          expect(names.has(name)).toBe(false);
          names.add(name);
        }
      },
    ),
  );
});

test.each([
  ["triton-cuda-merged-row-reduction", "triton-cuda-merged-row-reduction"],
  ["Row Reduction", "triton-cuda-merged-row-reduction"],
  ["triton-cuda-row-reduction", "triton-cuda-merged-row-reduction"],
  ["merged-rows", "triton-cuda-merged-rows"],
  ["", "triton-cuda-merged-norms"],
  ["已合并", "triton-cuda-merged-auto"],
])("names %j as %s", (proposed, name) => {
  expect(
    survivorName(proposed, {
      scope: "triton-cuda",
      prefix: "merged",
      feature: "norms",
      isTaken: () => false,
    }),
  ).toBe(name);
});

test.each([
  [["a/SKILL.md", "b/SKILL.md"], ""],
  [
    ["triton-cuda/evolved-improvement/a/SKILL.md", "triton-cuda/evolved-improvement/b/SKILL.md"],
    "triton-cuda/evolved-improvement/",
  ],
  [
    ["triton-cuda/guides/a/SKILL.md", "triton-cuda/evolved-improvement/b/SKILL.md"],
    "triton-cuda/evolved-improvement/",
  ],
  [["x/y/z/a/SKILL.md", "x/y/w/b/SKILL.md"], "x/y/"],
  [["a/SKILL.md", "x/y/b/SKILL.md"], ""],
])("puts the survivor of %j into %j", (paths, folder) => {
  expect(survivorFolder(paths)).toBe(folder);
});
