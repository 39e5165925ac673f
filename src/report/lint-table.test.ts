import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { lint } from "../commands/lint.ts";
import { silentReporter } from "../reporter.ts";
import { lintTable } from "./lint-table.ts";

const fixtures = join(import.meta.dirname, "../../test/fixtures/lint");
const context = { cwd: fixtures, reporter: silentReporter };

test("groups findings by file, with line, severity, rule, message and hint", async () => {
  const result = await lint({ paths: ["broken/unknown-key", "broken/body-empty"] }, context);
  expect(lintTable(result, { columns: 80, colour: false })).toBe(`broken/unknown-key/SKILL.md
  4  error    unknown-key
     The key "category" is not in the specification.
     Move it under metadata, as text: category: "improvement"
  5  error    unknown-key
     The key "version" is not in the specification.
     Move it under metadata, as text: version: "1.0.0"

broken/body-empty/SKILL.md
  5  warning  body-empty
     The skill has no instructions after the front matter.
     Write steps, examples and edge cases.

2 files checked: 2 errors, 1 warning
`);
});

test("says so when nothing was found", async () => {
  const result = await lint({ paths: ["good/minimal"] }, context);
  expect(lintTable(result, { columns: 80, colour: false })).toBe("1 file checked: 0 errors, 0 warnings\n");
});

test("is never wider than the terminal and holds no control characters of the files", async () => {
  const result = await lint({ paths: ["broken"] }, context);
  for (const columns of [40, 80, 200]) {
    const table = lintTable(result, { columns, colour: false });
    expect(Math.max(...table.split("\n").map((line) => line.length))).toBeLessThanOrEqual(columns);
    expect(table.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\u202E\u200B]/u);
  }
});

test("colour changes nothing but colour", async () => {
  const result = await lint({ paths: ["broken"] }, context);
  const coloured = lintTable(result, { columns: 80, colour: true });
  expect(coloured).toContain("\u001B[31merror");
  expect(stripVTControlCharacters(coloured)).toBe(lintTable(result, { columns: 80, colour: false }));
});
