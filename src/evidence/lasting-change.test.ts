import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { withLastingChanges } from "./lasting-change.ts";

const text = (...lines: string[]): string => lines.map((line) => `${line}\n`).join("");

describe("withLastingChanges", () => {
  it("keeps what still stands in the end and drops what was taken back", () => {
    const failing = text("import a", "x = load(p)", "stages = 2", "keep()");
    const next = text("import a", "import b", "x = load(p)", "stages = 8");
    const passing = text("import a", "import b", "x = load(p)", "stages = 2", "keep()");
    expect(withLastingChanges(failing, next, passing)).toBe(passing);
  });

  it("keeps a line that was taken out for good", () => {
    expect(withLastingChanges(text("a", "b", "c"), text("a", "c"), text("a", "c", "d"))).toBe(text("a", "c"));
  });

  it("keeps lines that were put in at the start and at the end", () => {
    expect(withLastingChanges(text("b"), text("a", "b", "c"), text("a", "b", "c"))).toBe(text("a", "b", "c"));
    expect(withLastingChanges("", text("a"), text("a"))).toBe(text("a"));
    expect(withLastingChanges(text("a"), "", text("b"))).toBe("");
  });

  const source = fc
    .array(fc.constantFrom("a", "b", "c", "  d", "}"), { maxLength: 12 })
    .map((lines) => text(...lines));

  it("changes everything where the next version is the last, and nothing that did not change", () => {
    fc.assert(
      fc.property(source, source, (base, target) => {
        const added = target.split("\n").filter((line) => line !== "" && !base.includes(line));
        const result = withLastingChanges(base, target, target);
        expect(added.filter((line) => !result.split("\n").includes(line))).toEqual([]);
        expect(withLastingChanges(base, base, target)).toBe(base);
      }),
    );
  });
});
