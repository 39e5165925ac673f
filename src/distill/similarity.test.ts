import { expect, test } from "vitest";
import { literalsOf, sharedShare, wordsOf } from "./similarity.ts";

test("keeps dotted and underscored names whole and ignores case", () => {
  expect([...wordsOf("Set BLOCK_SIZE with `tl.load`, and std::move!")]).toEqual([
    "set",
    "block_size",
    "with",
    "tl.load",
    "and",
    "std",
    "move",
  ]);
});

test("the share of common words is symmetric, 1 for equal words and 0 without any", () => {
  const [a, b] = [wordsOf("read each row once"), wordsOf("read every row once")];
  expect(sharedShare(a, b)).toBe(3 / 5);
  expect(sharedShare(b, a)).toBe(3 / 5);
  expect(sharedShare(a, a)).toBe(1);
  expect(sharedShare(wordsOf("!"), wordsOf("?"))).toBe(0);
});

test("finds numbers, quoted text, architectures and names", () => {
  expect([...literalsOf('On sm90 `tl.load(x, "ca")` took 1,024.5 us with BLOCK_SIZE 8.')].sort()).toEqual(
    ['"ca"', "1024.5", "8", "block_size", "sm90", "tl.load"].sort(),
  );
});

test.each([["a".padEnd(1_000_000, "1") + "_"], ["1,".repeat(500_000) + "_x"], ['"'.padEnd(1_000_000, "a")]])(
  "reads a megabyte of repeated characters at once (%#)",
  (text) => {
    const start = performance.now();
    literalsOf(text);
    wordsOf(text);
    expect(performance.now() - start).toBeLessThan(1000);
  },
);
