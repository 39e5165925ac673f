import fc from "fast-check";
import { expect, it } from "vitest";
import { cosine, stemmedWords, termIndex, termsOfPieces, termsOfWords, textVectors } from "./text-vectors.ts";

it("reads words by their stems, and Han characters in twos", () => {
  expect(stemmedWords("Masked loads of tl.load: num_warps=4, 验证失败")).toEqual([
    "mask",
    "load",
    "of",
    "tl",
    "load",
    "num",
    "warp",
    "4",
    "验证",
    "失败",
  ]);
});

it("cuts a text into pieces of four characters, a shorter one into one", () => {
  expect(termsOfPieces("abcdef")).toHaveLength(3);
  expect(termsOfPieces("ab")).toHaveLength(1);
  expect(termsOfPieces("")).toHaveLength(0);
  expect(termsOfPieces("abcdabcd")[0]).toBe(termsOfPieces("abcdabcd")[4]);
});

it("gives rare words more weight than common ones", () => {
  const [first, rare, common] = textVectors(
    ["mask common", "mask other", "mask2 common", "x common", "y common"].map((text) =>
      termsOfWords(text.split(" ")),
    ),
  );
  if (!first || !rare || !common) throw new Error("three vectors are needed");
  expect(cosine(first, rare)).toBeGreaterThan(cosine(first, common));
});

it("measures a text as equal to itself and every pair alike from both sides", () => {
  const text = fc.uint16Array({ minLength: 1, maxLength: 40 }).map((units) => String.fromCharCode(...units));
  fc.assert(
    fc.property(text, text, (one, other) => {
      const [left, right] = textVectors([one, other].map(termsOfPieces));
      if (!left || !right) throw new Error("two vectors are needed");
      expect(cosine(left, left)).toBeCloseTo(1, 9);
      expect(cosine(left, right)).toBeCloseTo(cosine(right, left), 12);
    }),
  );
});

it("finds the texts that share the rarest words first, within its bounds", () => {
  const words = ["common a", "common b", "common rare", "common c"].map((text) =>
    termsOfWords(text.split(" ")),
  );
  const question = termsOfWords(["common", "rare"]);
  expect(termIndex(words, { most: 2, maxLookedAt: 100 }).likely(question)).toEqual([2, 0]);
  // Only the rarest word is looked up.
  expect(termIndex(words, { most: 2, maxLookedAt: 1 }).likely(question)).toEqual([2]);
  expect(termIndex([], { most: 2, maxLookedAt: 1 }).likely(question)).toEqual([]);
});
