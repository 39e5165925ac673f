import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseSeedAnswer, seedAnswerToOperations } from "./seed-answer.ts";

interface Vector {
  id: string;
  input: { text: string };
  expected: { skill_name: string; description: string; body: string };
  quirks: { id: string }[];
}
const file = join(import.meta.dirname, "../../test/fixtures/akg/vectors/parse_skill_output.json");
const { vectors } = JSON.parse(readFileSync(file, "utf8")) as { vectors: Vector[] };

for (const vector of vectors.filter((candidate) => candidate.quirks.length === 0)) {
  test(`reads the answer "${vector.id}" as the seed does`, () => {
    expect(parseSeedAnswer(vector.input.text)).toEqual(vector.expected);
  });
}

/** Where the seed loses the header or keeps marks, a good reading finds these. */
const better: Record<string, { skill_name: string; description: string; body: string }> = {
  bold: { skill_name: "n", description: "d", body: "body" },
  "full-width-colon": { skill_name: "n", description: "d", body: "body" },
  quoted: { skill_name: "n", description: "d", body: "body" },
  preamble: { skill_name: "n", description: "d", body: "body" },
};
for (const vector of vectors.filter((candidate) => candidate.quirks.length > 0)) {
  test(`reads the answer "${vector.id}" better than the seed`, () => {
    expect(parseSeedAnswer(vector.input.text)).toEqual(better[vector.id]);
  });
}

test("keeps code fences inside a fenced answer", () => {
  const body = "## Optimization methods\n\n```python\nx = 1\n```\n\nEnd.";
  const text = `\`\`\`markdown\nskill_name: n\ndescription: d\n\n${body}\n\`\`\``;
  expect(parseSeedAnswer(text)).toEqual({ skill_name: "n", description: "d", body });
});

test("reads a YAML header", () => {
  expect(parseSeedAnswer('---\nname: n\ndescription: "d: e"\n---\nbody')).toEqual({
    skill_name: "n",
    description: "d: e",
    body: "body",
  });
});

test("never throws, and never invents text", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const { skill_name, description, body } = parseSeedAnswer(text);
      for (const part of [skill_name, description, body]) {
        for (const line of part.split("\n")) expect(text).toContain(line.trim());
      }
    }),
  );
});

test("matches claims to the evidence they quote and leaves out what quotes nothing", () => {
  const step = {
    kind: "step" as const,
    trace: "0".repeat(64),
    places: [],
    summary: "",
  };
  const evidence = [
    { ...step, id: "a", diff: "-    num_warps=4,\n+    num_warps=8,", improvement: 0.0655 },
    { ...step, id: "b", diff: "-  y = tl.exp(x)\n+  y = tl.exp2(x * 1.44)", improvement: 0.0312 },
    { ...step, id: "t", kind: "task" as const },
  ];
  const body = [
    "## 任务特征",
    "按行归约。",
    "## 优化方法",
    "### More warps",
    "Set `num_warps=8` (6.55 % less time).",
    "### Use exp2",
    "`tl.exp2` is cheaper.",
    "### Split the reduction over clusters",
    "Use thread block clusters.",
  ].join("\n");
  const { answer, unsupported } = seedAnswerToOperations(
    { skill_name: "n", description: "d", body },
    evidence,
  );
  expect(answer.operations.map((operation) => operation.evidence)).toEqual([["t"], ["a"], ["b"]]);
  expect(unsupported).toEqual(["Split the reduction over clusters"]);
});
