import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { DoctorResult } from "../src/commands/doctor.ts";
import type { InitResult } from "../src/commands/init.ts";
import { git } from "./github/git.ts";
import { cli, hasStack, temporaryFolder } from "./run.ts";

it("makes an empty repository work, twice without harm", async () => {
  await using folder = await temporaryFolder();
  const cwd = folder.path;
  await git(cwd, ["init", "--quiet"]);
  const first = await cli(["init"], { cwd });
  expect(first).toMatchObject({ code: 0, stderr: "" });
  expect(first.stdout).toContain("created   .github/workflows/evaluate.yml");
  const doctor = await cli(["doctor"], { cwd });
  expect(doctor.stdout).toContain("Nothing is broken");
  expect(doctor.code).toBe(0);
  const again = await cli(["init", "--json"], { cwd });
  expect((JSON.parse(again.stdout) as InitResult).status).toBe("unchanged");
  const distilled = await cli(["distill", "traces", "--dry-run"], { cwd });
  expect(distilled.stdout).toContain("SKILL.md");
  expect(distilled.code).toBe(0);
});

it("ends with 1 where something is broken, and with 2 outside of a repository", async () => {
  await using folder = await temporaryFolder();
  const cwd = folder.path;
  const outside = await cli(["init"], { cwd });
  expect(outside.code).toBe(2);
  expect(hasStack(outside.stderr)).toBe(false);
  await git(cwd, ["init", "--quiet"]);
  await cli(["init", "--no-example"], { cwd });
  const path = join(cwd, ".github/workflows/distill.yml");
  const text = await readFile(path, "utf8");
  await writeFile(path, text.replace("persist-credentials: false", "persist-credentials: true"));
  const doctor = await cli(["doctor", "--json"], { cwd });
  expect(doctor.code).toBe(1);
  const { status, remarks } = JSON.parse(doctor.stdout) as DoctorResult;
  expect(status).toBe("broken");
  expect(remarks.filter(({ state }) => state === "broken")).toMatchObject([
    { subject: "workflow", says: expect.stringContaining("distill.yml:") as string },
  ]);
});
