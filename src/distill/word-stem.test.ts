import fc from "fast-check";
import { expect, it } from "vitest";
import { wordStem } from "./word-stem.ts";

// Examples of the paper's steps, and words of this field.
it.each([
  ["caresses", "caress"],
  ["ponies", "poni"],
  ["cats", "cat"],
  ["agreed", "agre"],
  ["plastered", "plaster"],
  ["motoring", "motor"],
  ["hopping", "hop"],
  ["falling", "fall"],
  ["filing", "file"],
  ["happy", "happi"],
  ["relational", "relat"],
  ["digitizer", "digit"],
  ["hopefulness", "hope"],
  ["adjustment", "adjust"],
  ["adoption", "adopt"],
  ["controll", "control"],
  ["rate", "rate"],
  ["masks", "mask"],
  ["masking", "mask"],
])("cuts %s to %s", (word, stem) => {
  expect(wordStem(word)).toBe(stem);
});

it("leaves what is no English word as it is", () => {
  for (const text of ["fp16", "num_warps", "失败", "tl", ""]) expect(wordStem(text)).toBe(text);
});

it("never makes a word longer than by one letter, and throws for none", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z]{0,20}$/), (word) => {
      expect(wordStem(word).length).toBeLessThanOrEqual(word.length + 1);
    }),
  );
});
