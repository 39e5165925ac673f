import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { batchesOf, parseClusters } from "./classify.ts";
import { parseSplit } from "./split-decision.ts";

function vectors<T extends z.ZodType>(
  name: string,
  expected: T,
): { id: string; text: string; expected: z.infer<T> | undefined }[] {
  const file = join(import.meta.dirname, "../../test/fixtures/akg/vectors", `${name}.json`);
  const schema = z.object({
    vectors: z.array(
      z.object({ id: z.string(), input: z.object({ text: z.string() }), expected: expected.optional() }),
    ),
  });
  return schema
    .parse(JSON.parse(readFileSync(file, "utf8")))
    .vectors.map((one) => ({ id: one.id, text: one.input.text, expected: one.expected }));
}

const clusters = z.array(z.object({ reason: z.string(), skills: z.array(z.string()) }));

// The reference crashes on a null and on a list around the object, which are no reason to end a run.
const withResult = vectors("parse_clusters", clusters).filter(({ expected }) => expected !== undefined);

test.each(withResult)("reads clusters as the reference does ($id)", ({ text, expected }) => {
  expect(parseClusters(text) ?? []).toEqual(expected);
});

test("clusters that are null are none", () => {
  expect(parseClusters('{"clusters": null}')).toBeUndefined();
});

const documents = z.array(z.object({ skill_name: z.string(), description: z.string(), content: z.string() }));

test.each(vectors("parse_split", documents))(
  "reads the parts of a split as the reference does ($id)",
  ({ text, expected }) => {
    expect(parseSplit(text) ?? []).toEqual(expected ?? []);
  },
);

test("questions hold every skill, fit the budget, and share skills with the question before", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 60 }), (lengths) => {
      const summaries = lengths.map((length, index) => ({
        name: `skill-${index}`,
        description: "x".repeat(length),
      }));
      const batches = batchesOf(summaries, 1500);
      expect(new Set(batches.flat()).size).toBe(summaries.length);
      for (const [index, batch] of batches.entries()) {
        expect(batch.length).toBeGreaterThan(0);
        const [first] = batch;
        const earlier = batches[index - 1] ?? [];
        if (index > 0 && earlier.length > 1 && first !== undefined) expect(earlier).toContain(first);
      }
    }),
  );
});
