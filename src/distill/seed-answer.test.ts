import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { answerSchema } from "./distill-answer.ts";
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

test("code is no heading: its comments stay, and none becomes the title", () => {
  const code = "```python\n# A comment\n## Another\nnum_warps = 8\n```";
  const body = `${code}\n\n# The title\n\n## More warps\nSet \`num_warps=8\`:\n${code}`;
  const evidence = [
    { id: "a", kind: "step" as const, trace: "0".repeat(64), places: [], summary: "", diff: "+num_warps=8" },
  ];
  const { answer } = seedAnswerToOperations({ skill_name: "n", description: "d", body }, evidence);
  expect(answer.title).toBe("The title");
  const added = answer.operations.flatMap((operation) => (operation.op === "add" ? [operation] : []));
  expect(added.find((operation) => operation.title === "More warps")?.do).toContain(code);
});

test("an answer beyond the limits is cut to what a proposal may hold, and the rest is reported", () => {
  const evidence = [
    { id: "a", kind: "step" as const, trace: "0".repeat(64), places: [], summary: "", diff: "+num_warps=8" },
  ];
  const items = Array.from({ length: 300 }, (_, n) => `- Limit ${n}: \`num_warps=8\`.`).join("\n");
  const body = `# ${"t".repeat(500)}\n## Limits\n${items}\n- \`num_warps\` ${"x".repeat(9000)}`;
  const seed = { skill_name: "n".repeat(500), description: "d".repeat(9000), body };
  const { answer, unsupported } = seedAnswerToOperations(seed, evidence);
  expect(answerSchema.safeParse(answer).success).toBe(true);
  expect(answer.operations).toHaveLength(200);
  expect(unsupported).toHaveLength(101);
});

const megabyte = 1_000_000;
test.each([
  ["blanks", `skill_name${" ".repeat(megabyte)}x`],
  ["blanks before", `${" ".repeat(megabyte)}x`],
  ["stars", `description: ${"*".repeat(megabyte)}x ${"*".repeat(megabyte)}x`],
  ["blanks in a value", `description: a${" ".repeat(megabyte)}b`],
  ["lines of one section", `## Methods\n${"a\n".repeat(megabyte / 2)}`],
  ["blanks in a heading", `## Methods\n### ${" #".repeat(megabyte / 2)}x`],
  ["digits", `## Methods\n### T\na${"1".repeat(megabyte)}_`],
  ["backticks", `## Methods\n### T\n${"`".repeat(megabyte)}x`],
  ["fences", `## Methods\n### T\n${"```\n".repeat(megabyte / 4)}`],
  ["list items", `## Limits\n${"- `num_warps`\n".repeat(megabyte / 14)}`],
  ["headings", "# a\n".repeat(megabyte / 4)],
])("reads a megabyte of %s in linear time", (_, text) => {
  const evidence = [
    { id: "a", kind: "step" as const, trace: "0".repeat(64), places: [], summary: "", diff: "+num_warps=8" },
  ];
  for (const answer of [text, `skill_name: n\ndescription: d\n${text}`]) {
    const start = performance.now();
    seedAnswerToOperations(parseSeedAnswer(answer), evidence);
    expect(performance.now() - start).toBeLessThan(1500);
  }
});
