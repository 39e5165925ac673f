import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { LintResult } from "../src/commands/lint.ts";
import { cli } from "./run.ts";

const fixtures = join(import.meta.dirname, "fixtures/lint");

test("every good file passes", async () => {
  const { code, stdout } = await cli(["lint", join(fixtures, "good"), "--json"]);
  expect(JSON.parse(stdout)).toMatchObject({ errors: 0 });
  expect(code).toBe(0);
});

test("every broken file is reported with the right rules and lines, and the exit code is 1", async () => {
  const expected = JSON.parse(readFileSync(join(fixtures, "expected.json"), "utf8")) as Record<
    string,
    object[]
  >;
  const { code, stdout } = await cli(["lint", "broken", "--json"], { cwd: fixtures });
  expect(code).toBe(1);
  const found: Record<string, object[]> = {};
  for (const { file, rule, line } of (JSON.parse(stdout) as LintResult).findings) {
    (found[file.replace(/^broken\//, "")] ??= []).push({ rule, line });
  }
  expect(Object.keys(expected).length).toBeGreaterThanOrEqual(30);
  expect(found).toEqual(expected);
});

test("the table fits 80 columns", async () => {
  const { stdout } = await cli(["lint", join(fixtures, "broken")], { cwd: fixtures });
  for (const line of stdout.split("\n")) expect(Array.from(line).length).toBeLessThanOrEqual(80);
});
