import { join } from "node:path";
import { expect, test } from "vitest";
import { type Reporter, silentReporter } from "../reporter.ts";
import { temporaryFolder } from "../../test/run.ts";
import { list } from "./list.ts";

const fixtures = join(import.meta.dirname, "../../test/fixtures");

test("lists the skills of a library with what they are for and what they cost", async () => {
  const { command, skills, rejected } = await list(
    { library: "lint/good" },
    { cwd: fixtures, reporter: silentReporter },
  );
  expect(command).toBe("list");
  expect(rejected).toEqual([]);
  expect(skills.map(({ path }) => path)).toEqual(skills.map(({ path }) => path).toSorted());
  expect(skills.find(({ name }) => name === "all-fields")).toEqual({
    name: "all-fields",
    path: "lint/good/all-fields/SKILL.md",
    description: "Tune the launch parameters of Triton kernels. Use when a kernel is slower than expected.",
    source: "search_log",
    dsl: "triton-cuda",
    tokens: 117,
  });
  expect(skills.find(({ name }) => name === "minimal")).toMatchObject({ source: "", dsl: "", tokens: 49 });
});

test("lists files that are no skills, with why", async () => {
  const { rejected } = await list(
    { library: "library/scan-rules" },
    { cwd: fixtures, reporter: silentReporter },
  );
  expect(rejected.find(({ path }) => path === "library/scan-rules/bad-open/SKILL.md")).toMatchObject({
    findings: [{ file: "library/scan-rules/bad-open/SKILL.md", rule: "front-matter-end", line: 1 }],
  });
});

test("refuses a named library that does not exist", async () => {
  await expect(
    list({ library: "skills" }, { cwd: fixtures, reporter: silentReporter }),
  ).rejects.toMatchObject({ message: "There is no folder skills.", exitCode: 2 });
});

test("the configured library is empty as long as it does not exist, with a warning", async () => {
  const warnings: string[] = [];
  const reporter: Reporter = { ...silentReporter, warning: (message) => warnings.push(message) };
  await using folder = await temporaryFolder();
  expect(await list({}, { cwd: folder.path, reporter })).toEqual({
    command: "list",
    skills: [],
    rejected: [],
  });
  expect(warnings).toEqual(["There is no SKILL.md below skills."]);
});
