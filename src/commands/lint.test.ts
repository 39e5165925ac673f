import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Failure } from "../failure.ts";
import { type Reporter, silentReporter } from "../reporter.ts";
import { lint, type LintResult } from "./lint.ts";

const fixtures = join(import.meta.dirname, "../../test/fixtures/lint");
const inFixtures = { cwd: fixtures, reporter: silentReporter };
const run = (...paths: string[]): Promise<LintResult> => lint({ paths }, inFixtures);

test("passes good skills", async () => {
  const result = await run("good");
  expect(result).toMatchObject({ command: "lint", findings: [], errors: 0, warnings: 0 });
  expect(result.files).toBeGreaterThanOrEqual(8);
});

test("names every broken file, relative to the working folder, and counts", async () => {
  const { files, findings, errors, warnings } = await run("broken");
  const named = new Set(findings.map(({ file }) => file));
  expect(named.size).toBe(files);
  expect(files).toBeGreaterThanOrEqual(30);
  expect([...named].every((file) => /^broken\/[^/]+\/skill\.md$/i.test(file))).toBe(true);
  expect(errors + warnings).toBe(findings.length);
  expect(findings.filter(({ severity }) => severity === "error")).toHaveLength(errors);
});

test("checks single files with the name of their folder, and each file once", async () => {
  const { files, findings } = await run(
    "broken/name-folder/SKILL.md",
    "broken/name-folder",
    "good/minimal/SKILL.md",
  );
  expect(files).toBe(2);
  expect(findings).toMatchObject([{ file: "broken/name-folder/SKILL.md", rule: "name-folder", line: 2 }]);
});

test("names files outside of the working folder in full", async () => {
  const { findings } = await lint(
    { paths: [join(fixtures, "broken/name-folder")] },
    { cwd: join(fixtures, "good"), reporter: silentReporter },
  );
  expect(findings.map(({ file }) => file)).toEqual([join(fixtures, "broken/name-folder/SKILL.md")]);
});

test("reports two skills of one name", async () => {
  const folder = await mkdtemp(join(tmpdir(), "overproof-lint-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const place of ["a", "b/a"]) {
    await mkdir(join(folder, place), { recursive: true });
    await writeFile(
      join(folder, place, "SKILL.md"),
      "---\nname: a\ndescription: A description of skill a.\n---\nSteps.\n",
    );
  }
  const { findings } = await lint({ paths: ["."] }, { cwd: folder, reporter: silentReporter });
  expect(findings).toMatchObject([{ file: "b/a/SKILL.md", rule: "name-duplicate" }]);
});

test("warns about a folder without skills", async () => {
  const warnings: string[] = [];
  const reporter: Reporter = { ...silentReporter, warning: (message) => warnings.push(message) };
  const result = await lint({ paths: ["good/minimal/nothing/.."] }, { cwd: fixtures, reporter });
  expect(result.files).toBe(1);
  const folder = await mkdtemp(join(tmpdir(), "overproof-lint-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  expect(await lint({ paths: [folder] }, { cwd: fixtures, reporter })).toMatchObject({
    files: 0,
    findings: [],
  });
  expect(warnings).toEqual([`There is no SKILL.md below ${folder}.`]);
});

test("checks the configured library where no path is given", async () => {
  const folder = await mkdtemp(join(tmpdir(), "overproof-lint-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, "agent/bad"), { recursive: true });
  await mkdir(join(folder, "below"));
  await writeFile(join(folder, "overproof.yml"), "library: agent\n");
  await writeFile(join(folder, "agent/bad/SKILL.md"), "no front matter\n");
  const { files, errors } = await lint(
    { paths: [] },
    { cwd: join(folder, "below"), reporter: silentReporter },
  );
  expect(files).toBe(1);
  expect(errors).toBeGreaterThan(0);
});

test.each([[["nowhere"]], [["good", "nowhere/SKILL.md"]]])(
  "refuses the paths %j as wrong usage",
  async (paths) => {
    const failure = await lint({ paths }, inFixtures).catch((thrown: unknown) => thrown);
    expect(failure).toBeInstanceOf(Failure);
    expect(failure).toMatchObject({ exitCode: 2 });
  },
);
