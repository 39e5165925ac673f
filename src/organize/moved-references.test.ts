import { expect, test } from "vitest";
import { writeSkillFile } from "../skills/skill-file.ts";
import { withMovedFiles } from "./moved-references.ts";
import { parseSource } from "./skill-pieces.ts";

const moved = new Map([
  ["LICENSE", "references/b/LICENSE"],
  ["test", "references/b/test"],
  ["references/notes.md", "references/b/notes.md"],
]);

function renamed(words: string): string {
  const text = writeSkillFile(
    { name: "b", description: "What b is for.", metadata: {} },
    `# B\n\n## Words\n\n${words}\n`,
  );
  const source = { name: "b", path: "b/SKILL.md", text, evidence: undefined, files: [] };
  const [piece] = withMovedFiles(parseSource(source), moved).pieces;
  return piece?.text.replace("## Words\n\n", "") ?? "";
}

test.each([
  ["See references/notes.md.", "See references/b/notes.md."],
  ["Run `cat ./references/notes.md`.", "Run `cat references/b/notes.md`."],
  ["[notes](references/notes.md#top)", "[notes](references/b/notes.md#top)"],
  [
    "The [licence](LICENSE) and `LICENSE`.",
    "The [licence](references/b/LICENSE) and `references/b/LICENSE`.",
  ],
  ["[licence]: ./LICENSE", "[licence]: references/b/LICENSE"],
])("a path that moved is renamed: %s", (words, expected) => {
  expect(renamed(words)).toBe(expected);
});

test.each([
  "The LICENSE of this forbids a test.",
  "[LICENSE](https://example.org/LICENSE)",
  "`references/notes.md.bak` and `other/references/notes.md`",
  "`latest` and `test-data`",
])("what is no path of a moved file stays: %s", (words) => {
  expect(renamed(words)).toBe(words);
});
