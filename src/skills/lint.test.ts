import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { lintSkill } from "./lint.ts";
import { lintRules } from "./lint-rules.ts";
import { readSkillText } from "./skill-search.ts";

const fixtures = join(import.meta.dirname, "../../test/fixtures/lint");
const expected = z
  .record(z.string(), z.array(z.object({ rule: z.string(), line: z.number() })))
  .parse(JSON.parse(readFileSync(join(fixtures, "expected.json"), "utf8")));

/** `line rule` of every finding. */
const found = (text: string, file = "x/SKILL.md"): string[] =>
  lintSkill(text, file).map(({ rule, line }) => `${line} ${rule}`);

const skill = (frontMatter: string, body = "\nSteps.\n"): string =>
  `---\nname: x\ndescription: A description of this skill.\n${frontMatter}---\n${body}`;

test.each(readdirSync(join(fixtures, "good")))("finds nothing in good/%s", async (folder) => {
  const file = `${folder}/SKILL.md`;
  const read = await readSkillText(join(fixtures, "good", file));
  expect("text" in read && lintSkill(read.text, file)).toEqual([]);
});

test.each(Object.entries(expected))(
  "finds what is wrong with broken/%s, and nothing else",
  async (file, wanted) => {
    const read = await readSkillText(join(fixtures, "broken", file));
    const findings = "text" in read ? lintSkill(read.text, file) : [read.problem];
    expect(findings.map(({ rule, line }) => ({ rule, line }))).toEqual(wanted);
  },
);

test("has a broken file for every rule that one file can break", () => {
  const needsMoreThanOneText = ["file-place", "file-size", "file-unreadable", "name-duplicate"];
  const links = ["symlink-file", "symlink-folder"];
  const shown = new Set(Object.values(expected).flatMap((findings) => findings.map(({ rule }) => rule)));
  expect(new Set([...shown, ...needsMoreThanOneText, ...links])).toEqual(new Set(Object.keys(lintRules)));
});

test("has as many broken files as are listed", () => {
  expect(readdirSync(join(fixtures, "broken"))).toHaveLength(Object.keys(expected).length);
});

test("tells AKG's authors and Claude's where their keys belong", () => {
  const hints = lintSkill(skill("category: fix\nmodel: opus\nLicense: MIT\n"), "x/SKILL.md").map(
    ({ hint }) => hint,
  );
  expect(hints).toEqual([
    'Move it under metadata, as text: category: "fix"',
    expect.stringContaining("Only Claude Code knows this key"),
    "Spell it license.",
  ]);
});

test("takes the folder from the options, else from the path", () => {
  expect(found(skill(""), "skills/y/SKILL.md")).toEqual(["2 name-folder"]);
  expect(found(skill(""), "SKILL.md")).toEqual([]);
  expect(lintSkill(skill(""), "SKILL.md", { folder: "z" })).toMatchObject([{ rule: "name-folder" }]);
  expect(lintSkill(skill(""), "skills/y/SKILL.md", { folder: "x" })).toEqual([]);
});

test("does not read code and comments as links, and comments in code not as comments", () => {
  const body =
    "````md\n```\n<!-- x -->\n[a](../b)\n```\n````\n`[a](../b)` and `<!--`\n<!-- [a](../b)\n[a](../b) --> [c](../d)\n";
  expect(found(skill("", body))).toEqual(["12 html-comment", "13 link-outside"]);
});

test("lists at most twenty findings of a rule and says how many more there are", () => {
  const findings = lintSkill(skill("", "\u202E\n".repeat(100)), "x/SKILL.md");
  expect(findings).toHaveLength(20);
  expect(findings.at(-1)?.hint).toContain("80 more");
});

test("keeps messages on one line and shows what they quote", () => {
  const [finding] = lintSkill(
    '---\nname: "a\\u001b[2J\\nb"\ndescription: A description.\n---\nx\n',
    "x/SKILL.md",
  );
  expect(finding?.message).not.toMatch(/\p{Cc}/u);
});

test("survives any text", () => {
  const piece = fc.oneof(
    fc.constantFrom(
      "---\n",
      "---js\n",
      "name: x\n",
      "description: y\n",
      "metadata:\n",
      "  a: ",
      "[",
      "{",
      "*a",
      "&a ",
    ),
    fc.constantFrom(
      "<!--",
      "-->",
      "](",
      "```\n",
      "`",
      "\r",
      "\r\n",
      "\t",
      "? ",
      "- ",
      "|\n",
      '"',
      "'",
      "!!js ",
      "\uFEFF",
    ),
    fc.string({ unit: "binary", maxLength: 4 }),
    fc.constantFrom("\uD800", "\u202E", "\0"),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), fc.constantFrom("", "---\n"), (pieces, start) => {
      const text = start + pieces.join("");
      const lines = text.split("\n").length;
      for (const { line, message, hint } of lintSkill(text, "x/SKILL.md")) {
        expect(line).toBeGreaterThanOrEqual(1);
        expect(line).toBeLessThanOrEqual(Math.max(2, lines));
        expect(message).not.toContain("%s");
        expect(hint).not.toBe("");
      }
    }),
    { numRuns: 500 },
  );
});

test("stays quick on a megabyte that is made to be slow", () => {
  const started = performance.now();
  for (const piece of ["<!---->", "<!--", "`", "](", "[", "\u202E", "href=", "- ", "\n", "> ", "\r"]) {
    lintSkill(skill("", piece.repeat(1_000_000 / piece.length)), "x/SKILL.md");
  }
  expect(performance.now() - started).toBeLessThan(20_000);
});
