import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { list } from "../commands/list.ts";
import { silentReporter } from "../reporter.ts";
import { libraryTable } from "./library-table.ts";

const fixtures = join(import.meta.dirname, "../../test/fixtures");
const listed = (library: string): ReturnType<typeof list> =>
  list({ library }, { cwd: fixtures, reporter: silentReporter });

test("shows name, source, DSL, tokens and description, and what could not be used", async () => {
  const { skills, rejected, command } = await listed("library/scan-rules");
  const result = {
    command,
    skills: skills.filter(({ name }) => name.startsWith("triton-cuda-case-reduction")),
    rejected: rejected.slice(0, 1),
  };
  expect(libraryTable(result, { columns: 80, colour: false })).toBe(`\
NAME                                            SOURCE      DSL           TOKENS
triton-cuda-case-reduction-row-single-pass      search_log  triton_cuda      234
  行内归约类算子的单遍寄存器驻留与多行合并方法，适用于行宽不超过寄存器容量的…

library/scan-rules/bad-double/SKILL.md: The name "bad--double" is not made of
lower-case letters (a-z), digits and single inner hyphens.

1 skill, about 234 tokens; 1 unusable file
`);
});

test("shows long names whole and is never wider than the terminal", async () => {
  const result = await listed("lint/good");
  for (const columns of [60, 80, 120]) {
    const table = libraryTable(result, { columns, colour: false });
    expect(Math.max(...table.split("\n").map((line) => line.length))).toBeLessThanOrEqual(columns);
    const longest = `${"a".repeat(31)}-${"b".repeat(32)}`;
    const tableText = table.replaceAll(/ .*$/gm, "").replaceAll("\n", "");
    expect(tableText).toContain(longest);
  }
});

test("shows an empty library", async () => {
  const empty = { command: "list" as const, skills: [], rejected: [] };
  expect(libraryTable(empty, { columns: 80, colour: false })).toBe("0 skills, about 0 tokens\n");
});

test("colour changes nothing but colour", async () => {
  const result = await listed("library/scan-rules");
  const coloured = libraryTable(result, { columns: 80, colour: true });
  expect(coloured).toContain("\u001B[1mNAME");
  expect(stripVTControlCharacters(coloured).replaceAll(/ +$/gm, "")).toBe(
    libraryTable(result, { columns: 80, colour: false }),
  );
});
