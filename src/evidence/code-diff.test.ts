import { applyPatch } from "diff";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { akgVectors } from "../../test/akg-fixtures.ts";
import { codeDiff, fitDiff } from "./code-diff.ts";
import { strippedSource } from "./source-text.ts";

const labels = { from: "A", to: "B" };

describe("codeDiff", () => {
  const vectors = akgVectors("code_diff").map(({ id, input, expected, quirks }) => ({
    id,
    base: strippedSource(String(input["base"]), "python"),
    target: strippedSource(String(input["target"]), "python"),
    expected,
    quirks,
  }));

  it("uses every vector", () => {
    expect(vectors).toHaveLength(9);
  });

  it.each(vectors.filter(({ id, quirks }) => quirks.length === 0 && id !== "equal"))(
    "writes the vector $id as AKG does",
    ({ base, target, expected }) => {
      expect(codeDiff(base, target, labels)?.text).toBe(expected);
    },
  );

  it.each(vectors.filter(({ quirks }) => quirks.length > 0))(
    "writes the vector $id whole, so that it can be applied",
    ({ base, target }) => {
      expect(applyPatch(base, `${codeDiff(base, target, labels)?.text}\n`)).toBe(target);
    },
  );

  it("has nothing to say about equal sources", () => {
    const equal = vectors.find(({ id }) => id === "equal");
    expect(codeDiff(equal?.base ?? "", equal?.target ?? "", labels)).toBeUndefined();
  });

  it("counts the changed lines", () => {
    expect(codeDiff("a\nb\nc\n", "a\nx\ny\nc\n", labels)).toMatchObject({ added: 2, removed: 1 });
  });

  const line = fc.constantFrom("a", "b", "  c", "", "@@ -1 +1 @@", "--- a", "+++ b", "-", "\\ x");
  const source = fc.array(line, { maxLength: 30 }).map((lines) => lines.map((text) => `${text}\n`).join(""));

  it("gives the second source when applied to the first", () => {
    fc.assert(
      fc.property(source, source, (base, target) => {
        const diff = codeDiff(base, target, labels);
        expect(diff === undefined ? base : applyPatch(base, `${diff.text}\n`)).toBe(target);
      }),
    );
  });

  it("stays quick and right for large sources without a common line", () => {
    const lines = (letter: string) =>
      Array.from({ length: 20_000 }, (_, index) => `${letter}${index}\n`).join("");
    const base = `head\n${lines("a")}tail\n`;
    const target = `head\n${lines("b")}tail\n`;
    const start = performance.now();
    const diff = codeDiff(base, target, labels);
    expect(performance.now() - start).toBeLessThan(5000);
    expect(diff).toMatchObject({ added: 20_000, removed: 20_000 });
    expect(applyPatch(base, `${diff?.text}\n`)).toBe(target);
  });
});

describe("fitDiff", () => {
  const base = Array.from({ length: 60 }, (_, index) => `v${index}\n`).join("");
  const target = base.replace("v3\n", "w\n").replace("v20\n", "w\nw\nw\nw\n").replace("v40\n", "w\n");
  const diff = codeDiff(base, target, labels)?.text ?? "";

  it("returns a diff that fits as it is", () => {
    expect(fitDiff(diff, { maxLines: 100, maxChars: 10_000 })).toEqual({ text: diff, hunks: 3, leftOut: 0 });
  });

  it("leaves whole hunks out and says how many", () => {
    const fitted = fitDiff(diff, { maxLines: 13 });
    expect(fitted).toMatchObject({ hunks: 3, leftOut: 1 });
    expect(fitted.text.split("\n")).toEqual([
      "--- a/A",
      "+++ b/B",
      "@@ -3,3 +3,3 @@",
      " v2",
      "-v3",
      "+w",
      " v4",
      "@@ -40,3 +43,3 @@",
      " v39",
      "-v40",
      "+w",
      " v41",
      "(1 of 3 hunks left out, 8 lines)",
    ]);
  });

  it("keeps to its limits and never cuts a hunk", () => {
    const whole = new Set(diff.split(/\n(?=@@)/).slice(1));
    fc.assert(
      fc.property(
        fc.integer({ min: 3, max: 30 }),
        fc.integer({ min: 60, max: 300 }),
        (maxLines, maxChars) => {
          const { text, leftOut } = fitDiff(diff, { maxLines, maxChars });
          expect(text.split("\n").length).toBeLessThanOrEqual(maxLines);
          expect(text.length).toBeLessThanOrEqual(maxChars);
          const kept = text
            .replace(/\n\(.*\)$/, "")
            .split(/\n(?=@@)/)
            .slice(1);
          expect(kept.every((hunk) => whole.has(hunk))).toBe(true);
          expect(kept.length + leftOut).toBe(3);
        },
      ),
    );
  });
});
