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

/** Milliseconds, the better of two. */
function time(answer: string): number {
  const evidence = [
    { id: "a", kind: "step" as const, trace: "0".repeat(64), places: [], summary: "", diff: "+num_warps=8" },
  ];
  const once = (): number => {
    const start = performance.now();
    seedAnswerToOperations(parseSeedAnswer(answer), evidence);
    return performance.now() - start;
  };
  return Math.min(once(), once());
}

test.each([
  ["blanks", (size: number) => `skill_name${" ".repeat(size)}x`],
  ["blanks before", (size: number) => `${" ".repeat(size)}x`],
  ["stars", (size: number) => `description: ${"*".repeat(size)}x ${"*".repeat(size)}x`],
  ["blanks in a value", (size: number) => `description: a${" ".repeat(size)}b`],
  ["lines of one section", (size: number) => `## Methods\n${"a\n".repeat(size / 2)}`],
  ["blanks in a heading", (size: number) => `## Methods\n### ${" #".repeat(size / 2)}x`],
  ["digits", (size: number) => `## Methods\n### T\na${"1".repeat(size)}_`],
  ["backticks", (size: number) => `## Methods\n### T\n${"`".repeat(size)}x`],
  ["fences", (size: number) => `## Methods\n### T\n${"```\n".repeat(size / 4)}`],
  ["list items", (size: number) => `## Limits\n${"- `num_warps`\n".repeat(size / 14)}`],
  ["headings", (size: number) => "# a\n".repeat(size / 4)],
])("reads a megabyte of %s in linear time", (_, text) => {
  // Four times the text takes four times as long where it is linear, and sixteen where it is quadratic.
  const [quarter, whole] = [250_000, 1_000_000].map((size) =>
    time(`skill_name: n\ndescription: d\n${text(size)}`),
  );
  expect(whole).toBeLessThan(10 * (quarter ?? 0) + 300);
  expect(time(text(250_000))).toBeLessThan(10 * (quarter ?? 0) + 300);
});
