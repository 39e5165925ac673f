import { expect, test } from "vitest";
import { writeSkillFile } from "../skills/skill-file.ts";
import { carryOut, prepareMerge } from "./carry-out.ts";
import type { MergeOperation } from "./merge-operation.ts";
import type { SourceSkill } from "./skill-pieces.ts";

function source(name: string, body: string): SourceSkill {
  const text = writeSkillFile({ name, description: `What ${name} is for.`, metadata: {} }, body);
  return { name, path: `${name}/SKILL.md`, text, evidence: undefined, files: [] };
}

function merged(skills: SourceSkill[], operations: MergeOperation[] = []): ReturnType<typeof carryOut> {
  const [name, description] = ["merged-rows", "Row kernels of all kinds."];
  const survivor = { name, path: `${name}/SKILL.md`, description, title: "Rows" };
  const answer = { kind: "merge" as const, operations };
  return carryOut(skills, { answer, survivors: [survivor], author: "model" });
}

/** A merge without words of all that some skills say. */
function mergeOfAll(skills: SourceSkill[]): {
  operation: MergeOperation;
  reasons: string[];
  texts: string[];
} {
  const { bench } = prepareMerge(skills);
  const operation: MergeOperation = { op: "merge", claims: bench.standing().map(({ ref }) => ref) };
  const reasons = bench.apply([operation]).refused.map(({ reason }) => reason);
  return { operation, reasons, texts: bench.standing().map(({ text }) => text) };
}

test("refuses to merge a section into one with another text, and keeps both", () => {
  const safety = "## Safety\n\nNever run this on a production cluster.";
  const { reasons, texts } = mergeOfAll([source("a", "## Colours\n\nUse two."), source("b", safety)]);
  expect(reasons).toEqual(["sections are one only where their texts are equal"]);
  expect(texts).toContain(safety);
});

test("merges sections of equal text", () => {
  const safety = "## Safety\n\nNever run this on a production cluster.";
  expect(mergeOfAll([source("a", safety), source("b", safety)])).toMatchObject({
    reasons: [],
    texts: [safety],
  });
});

test("refuses to merge claims where none says every word of the others, and keeps them", () => {
  const skills = [
    source("a", "## Limits\n\n- Rows fit into registers."),
    source("b", "## Limits\n\n- Never use this where rows are shared between blocks."),
  ];
  const { reasons, texts, operation } = mergeOfAll(skills);
  expect(reasons).toEqual(["none of them says every word and literal of the others"]);
  expect(texts).toHaveLength(2);
  expect(() => merged(skills, [operation])).toThrow(/none of them says every word/);
});

test("merges claims into the one that says all that the others say, whichever is named first", () => {
  const long = "- Never use this where wide rows are shared between blocks.";
  const { reasons, texts } = mergeOfAll([
    source("a", "## Limits\n\n- Never use this where rows are shared."),
    source("b", `## Limits\n\n${long}`),
  ]);
  expect({ reasons, texts }).toEqual({ reasons: [], texts: [long] });
});

test("the ledger names a reworded claim by its own title, and says that it was reworded", () => {
  const skills = [
    source("a", "## Methods\n\n### Many warps\n\nUse `num_warps=8`."),
    source("b", "## Methods\n\n### Eight warps\n\nTake `num_warps=8`."),
  ];
  const { operation } = mergeOfAll(skills);
  if (operation.op !== "merge") throw new Error("no merge");
  const words = {
    part: "method" as const,
    title: "Warps",
    when: "",
    do: "Set `num_warps=8`.",
    why: "",
    check: "",
  };
  const { ledger } = merged(skills, [{ ...operation, words }]);
  expect(ledger).toMatchObject([
    { source: "a", title: "Many warps", state: "generalised", reason: "reworded, in one with 1 more" },
    { source: "b", title: "Eight warps", state: "generalised", reason: "reworded, in one with 1 more" },
  ]);
});

test("a label that two sources give different targets leads each of them to its own", () => {
  const body = (target: string): string =>
    [
      "## More",
      "",
      "See [Ref], [the words][ref], [ref][], ![ref] and [^1], not [ref](other.md), \\[ref] or `x[ref]`.",
      "",
      "```",
      "y[ref]",
      "[ref]: code",
      "```",
      "",
      `[ref]: ${target}`,
      `[^1]: From ${target}.`,
      "[same]: https://example.org/same",
    ].join("\n");
  const skills = [source("a", body("https://example.org/a")), source("b", body("https://example.org/b"))];
  const text = merged(skills).survivors[0]?.text ?? "";
  expect(text).toContain(body("https://example.org/a"));
  expect(text).toContain(
    [
      "See [Ref][ref-b], [the words][ref-b], [ref][ref-b], ![ref][ref-b] and [^1-b], not [ref](other.md), \\[ref] or `x[ref]`.",
      "",
      "```",
      "y[ref]",
      "[ref]: code",
      "```",
      "",
      "[ref-b]: https://example.org/b",
      "[^1-b]: From https://example.org/b.",
      "[same]: https://example.org/same",
    ].join("\n"),
  );
});

test("a new label is none that a source has", () => {
  const a = source("a", "## One\n\nSee [ref].\n\n[ref]: a.md\n[ref-b]: a2.md");
  const b = source("b", "## Two\n\nSee [ref].\n\n[ref]: b.md\n[ref-b-2]: b2.md");
  const text = merged([a, b]).survivors[0]?.text ?? "";
  expect(text).toContain("See [ref][ref-b-3].\n\n[ref-b-3]: b.md\n[ref-b-2]: b2.md");
});

test("claims that name one label with different targets are not one", () => {
  const limit = (target: string): SourceSkill =>
    source(`to-${target}`, `## Limits\n\n- Never beyond [the limit].\n  [the limit]: ${target}`);
  expect(mergeOfAll([limit("low"), limit("high")]).reasons).toHaveLength(1);
});
