import fc from "fast-check";
import { expect, test } from "vitest";
import { firstLine, wrapText } from "./wrapped-text.ts";

test("breaks at spaces, and inside of words that do not fit", () => {
  expect(wrapText("one two three", 8)).toEqual(["one two", "three"]);
  expect(wrapText("abcdefghij kl", 4)).toEqual(["abcd", "efgh", "ij", "kl"]);
  expect(wrapText("归约优化", 4)).toEqual(["归约", "优化"]);
  expect(wrapText("  ", 4)).toEqual([]);
});

test("shows in one line that there is more", () => {
  expect(firstLine("one two three", 13)).toBe("one two three");
  expect(firstLine("one two three", 10)).toBe("one two…");
});

test("keeps all text and no line is too wide", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z 归约]*$/), fc.integer({ min: 2, max: 30 }), (text, columns) => {
      const lines = wrapText(text, columns);
      expect(lines.join("").replaceAll(" ", "")).toBe(text.replaceAll(" ", ""));
      for (const line of lines) {
        expect(line.length + (line.match(/[^ -~]/g) ?? []).length).toBeLessThanOrEqual(columns);
      }
    }),
  );
});
