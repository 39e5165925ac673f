import { rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { bundleFolder } from "./bundle.ts";
import { run } from "./run.ts";

const script = resolve(import.meta.dirname, "../scripts/first-day.ts");

test("the first command of a newcomer shows the skill, its evidence, the commit and the pull request", async () => {
  const { code, stdout, stderr } = await run(process.execPath, [script, join(bundleFolder, "cli.js")]);
  const folder = /^A scratch repository with one trace: (.+)$/m.exec(stdout)?.[1];
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  expect(stderr).toBe("");
  expect(code).toBe(0);
  expect(stdout).toContain("# Row normalisation kernels in C++");
  expect(stdout).toContain("Overproof-Mode: search_log");
  expect(stdout).toContain(
    "+++ b/skills/cpp/evolved-improvement/cpp-case-normalization-row-softmax/SKILL.md",
  );
  expect(stdout).toContain("**A/B: not evaluated yet.**");
});
