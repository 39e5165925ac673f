import { expect, test } from "vitest";
import { writeSkillFile } from "../skills/skill-file.ts";
import { carryOut, prepareSplit } from "./carry-out.ts";
import { parseSource, type SourceSkill } from "./skill-pieces.ts";

function source(name: string, body: string): SourceSkill {
  const text = writeSkillFile({ name, description: `What ${name} is for.`, metadata: {} }, body);
  return { name, path: `${name}/SKILL.md`, text, evidence: undefined, files: [] };
}

function merged(...skills: SourceSkill[]): ReturnType<typeof carryOut> & { text: string } {
  const [name, description] = ["merged-rows", "Row kernels of all kinds."];
  const survivor = { name, path: `${name}/SKILL.md`, description, title: "Rows" };
  const answer = { kind: "merge" as const, operations: [] };
  const done = carryOut(skills, { answer, survivors: [survivor], author: "offline" });
  return { ...done, text: done.survivors[0]?.text ?? "" };
}

/** What Markdown shows of a text without code: all but its comments. */
function shown(text: string): string {
  return text.replaceAll(/^ {0,3}<!--[\s\S]*?(?:-->|(?![\s\S]))/gm, "");
}

const method = "## Methods\n\n### Keep rows\n\nLoad each row once.";

test("a comment over several lines stays one, and nothing in it becomes a limit", () => {
  const comment = "<!--\n## Limits - obsolete\n\n- never use registers\n```\n### Old\n-->";
  const skill = source("a", `${method}\n\n${comment}\n\n### Store rows\n\nStore each row once.`);
  const { pieces } = parseSource(skill);
  expect(pieces.map(({ part, title }) => [part, title])).toEqual([
    ["method", "Keep rows"],
    ["method", "Store rows"],
  ]);
  const { text } = merged(skill, source("b", "## Limits\n\n- Not for columns."));
  expect(text).toContain("never use registers");
  expect(shown(text)).not.toMatch(/obsolete|never use registers|Old/);
  expect(shown(text)).toContain("Store each row once.");
});

test("a comment that begins with a heading in its first line stays one", () => {
  const skill = source(
    "a",
    `${method}\n\n<!-- ## Limits - obsolete: never do this\n\n## Limits\n- and not that -->`,
  );
  expect(parseSource(skill).pieces.map(({ part }) => part)).toEqual(["method"]);
});

test("a comment without an end hides nothing of another source", () => {
  const { text } = merged(
    source("a", "## Notes\n\nText.\n\n<!-- begun\n\nmore"),
    source("b", "## Setup\n\nInstall it."),
  );
  expect(shown(text)).toContain("## Setup\n\nInstall it.");
  expect(shown(text)).not.toContain("begun");
});

test("the marks of a comment in code are code", () => {
  const code = "```html\n<!-- shown\n\n## Limits\n```";
  const { pieces } = parseSource(source("a", `## Notes\n\n${code}`));
  expect(pieces.map(({ text }) => text)).toEqual([`## Notes\n\n${code}`]);
});

test("items of a checklist in a comment stay in it when a skill is split", () => {
  const list = "## Checklist\n\n- [ ] one\n- [ ] two\n\n<!--\n- [ ] old\n- [ ] older\n-->";
  const { sources } = prepareSplit(source("a", list));
  const pieces = sources.flatMap((one) => one.pieces);
  expect(pieces.map(({ text }) => text.includes("old"))).toEqual([true]);
});

test("a condition in the heading of a part is said in the survivor, and the ledger has it", () => {
  const heading = "Optimization methods (only valid below sm_70, never on H100)";
  const { text, ledger } = merged(
    source("a", `## ${heading}\n\n### Spill rows\n\nSpill each row once.`),
    source("b", method),
  );
  expect(text).toContain(`- Over the methods "Spill rows" of a: ${heading}`);
  // It does not hold for what b says.
  expect(text).toMatch(/^## Optimization methods$/m);
  expect(ledger).toContainEqual(expect.objectContaining({ source: "a", title: heading, state: "kept" }));
});

test("each section of a part has its own condition", () => {
  const { pieces } = parseSource(
    source("a", "## Limits on A100\n\n- Narrow rows.\n\n## 2. **Limits** (H100)\n\n- Wide rows."),
  );
  expect(pieces.flatMap(({ part, text }) => (part === "text" ? [text] : []))).toEqual([
    "- Over the boundaries of a: Limits on A100",
    "- Over the boundaries of a: 2. **Limits** (H100)",
  ]);
});

test("a title that says more than a name is said in the survivor, with those of other sources", () => {
  const { text, ledger } = merged(
    source("a", `# A: on Hopper only\n\n${method}\n\n## Setup\n\nInstall it.`),
    source("b", "# B: for FP64 data only\n\n## Methods\n\n### Store rows\n\nStore each row once."),
  );
  expect(text).toContain(
    "## Titles and headings of the sources\n\n- Title of a: A: on Hopper only\n- Title of b: B: for FP64 data only\n\n## Setup",
  );
  expect(ledger.map(({ title }) => title)).toContain("B: for FP64 data only");
});

test.each([
  ["# Row sum kernels", "## Methods"],
  ["# Guide to the row sum", "## 2. **优化方法** (Optimization methods)"],
  ["# row-sum", "## Optimization methods for row sum:"],
])("%s and %s are names and no pieces", (title, heading) => {
  const { pieces } = parseSource(source("row-sum", `${title}\n\n${heading}\n\n### One\n\nDo it.`));
  expect(pieces.map(({ part }) => part)).toEqual(["method"]);
});
