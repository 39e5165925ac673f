import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findDuplicates, type SaidText } from "./claim-dedup.ts";

const library: SaidText[] = [
  {
    id: "mask",
    text: "Pass the mask to `tl.load` and `tl.store` when an illegal memory access was encountered.",
  },
  { id: "stages", text: "Set num_stages to 2 when shared memory runs out." },
  { id: "warps", text: "Use eight warps for rows of more than four thousand elements." },
  {
    id: "softmax",
    text: "Compute the softmax online, with a running maximum, so that each row is read once.",
  },
  { id: "welford", text: "Compute mean and variance of layernorm in one pass with the method of Welford." },
];

function found(text: string): [id: string, verdict: string][] {
  return findDuplicates([{ id: "new", text }], library).map(({ existingId, verdict }) => [
    existingId,
    verdict,
  ]);
}

describe("findDuplicates", () => {
  it("takes equal words for one, whatever their case, spacing and marks", () => {
    const text = "pass the  `mask` to tl.load and tl.store\nwhen an illegal memory access was encountered.";
    expect(findDuplicates([{ id: "new", text }], library)[0]).toMatchObject({
      existingId: "mask",
      score: 1,
      verdict: "duplicate",
    });
  });

  it("takes a light edit for a duplicate", () => {
    expect(
      found("Pass a mask to tl.load and tl.store where an illegal memory access was encountered.")[0],
    ).toEqual(["mask", "duplicate"]);
  });

  it("leaves a paraphrase to a closer look", () => {
    expect(found("Masked loads and masked stores avoid an illegal memory access.")[0]).toEqual([
      "mask",
      "candidate",
    ]);
  });

  it("leaves lessons that only share a subject to a closer look, and others alone", () => {
    const verdicts = found("Compute the softmax of a row in two passes.");
    expect(verdicts[0]).toEqual(["softmax", "candidate"]);
    expect(verdicts.map(([id]) => id)).not.toContain("stages");
    expect(found("Zebras graze quietly.")).toEqual([]);
  });

  it("finds every claim in a copy of the library first, and in an empty one nothing", () => {
    const result = findDuplicates(library, library, 1);
    expect(result.map(({ newId, existingId, score }) => [newId === existingId, score])).toEqual(
      library.map(() => [true, 1]),
    );
    expect(findDuplicates(library, [])).toEqual([]);
    expect(findDuplicates([], library)).toEqual([]);
  });

  it("gives scores of 0 to 1, at most so many for each claim, best first", () => {
    const text = fc
      .array(fc.constantFrom("load", "store", "mask", "num_warps", "=", "4", "失败", "é"), { maxLength: 12 })
      .map((words) => words.join(" "));
    fc.assert(
      fc.property(fc.array(text, { maxLength: 6 }), fc.array(text, { maxLength: 6 }), (left, right) => {
        const name = (texts: string[]): SaidText[] =>
          texts.map((said, index) => ({ id: String(index), text: said }));
        const result = findDuplicates(name(left), name(right), 2);
        for (const { score, verdict } of result) {
          expect(score).toBeGreaterThan(0);
          expect(score).toBeLessThanOrEqual(1 + 1e-9);
          expect(verdict === "duplicate").toBe(score >= 0.66);
        }
        for (const index of left.keys()) {
          const own = result.filter(({ newId }) => newId === String(index)).map(({ score }) => score);
          expect(own.length).toBeLessThanOrEqual(2);
          expect(own).toEqual(own.toSorted((a, b) => b - a));
        }
      }),
    );
  });

  it("takes time in proportion to the number of claims, also where all are alike", () => {
    const claims = (count: number): SaidText[] =>
      Array.from({ length: count }, (_, index) => ({
        id: String(index),
        text: `Set BLOCK_SIZE to ${index} when the row has ${index * 7} elements.`,
      }));
    const seconds = (count: number): number => {
      const start = performance.now();
      expect(findDuplicates(claims(count), claims(count), 1)).toHaveLength(count);
      return (performance.now() - start) / 1000;
    };
    expect(seconds(1500)).toBeLessThan(15);
  });
});
