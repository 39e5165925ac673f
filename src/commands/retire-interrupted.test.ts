import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { allSkills, indexPath, six } from "../../test/archive-world.ts";
import { git, serverEnvironment } from "../../test/github/git.ts";
import { parseArchive } from "../skills/archive.ts";

test("a run that is killed leaves the branch as it was or with all of the change", async () => {
  const clone = await mkdtemp(join(tmpdir(), "overproof-killed-"));
  try {
    await git(clone, ["init", "--quiet", "--initial-branch=main"]);
    await git(clone, ["config", "user.name", "A Person"]);
    await git(clone, ["config", "user.email", "person@example.com"]);
    for (const [path, text] of Object.entries(allSkills)) {
      await mkdir(dirname(join(clone, path)), { recursive: true });
      await writeFile(join(clone, path), text);
    }
    await git(clone, ["add", "."]);
    await git(clone, ["commit", "--quiet", "-m", "Begin"]);
    const [skill = ""] = six;
    const branch = `overproof/retire/${skill}`;
    const script = `
      import { retire } from ${JSON.stringify(join(import.meta.dirname, "retire.ts"))};
      const quiet = { info() {}, warning() {}, progress() {} };
      const context = { cwd: ${JSON.stringify(clone)}, environment: process.env, reporter: quiet, random: () => 0.5,
        now: () => new Date("2026-03-01T10:00:00Z"), sleep: async () => {} };
      process.stdout.write("ready");
      await retire({ name: ${JSON.stringify(skill)}, reason: "Old.", push: false, dryRun: false }, context);`;
    const outcomes = new Set<string>();
    for (let delay = 0; delay <= 240; delay += 60) {
      await git(clone, ["update-ref", "-d", `refs/heads/${branch}`]);
      const child = spawn(process.execPath, ["--input-type=module", "--eval", script], {
        env: serverEnvironment,
        stdio: ["ignore", "pipe", "ignore"],
      });
      await new Promise<void>((resolve) => child.stdout.once("data", () => resolve()));
      const killer = setTimeout(() => child.kill("SIGKILL"), delay);
      await new Promise((resolve) => child.once("close", resolve));
      clearTimeout(killer);
      const refs = await git(clone, ["for-each-ref", "--format=%(refname:short)", `refs/heads/${branch}`]);
      if (refs === "") outcomes.add("before");
      else {
        outcomes.add("after");
        const left = await git(clone, ["ls-tree", "-r", "--name-only", branch]);
        expect(left).not.toContain(`/${skill}/`);
        expect(left).not.toContain(`evidence/${skill}.json`);
        expect(
          parseArchive(await git(clone, ["show", `${branch}:${indexPath}`]), indexPath).retired,
        ).toHaveLength(1);
      }
      expect(await git(clone, ["status", "--porcelain"])).toBe("");
    }
    expect(outcomes.has("before")).toBe(true);
    expect((await readdir(join(clone, ".git"))).filter((file) => file.endsWith(".lock"))).toEqual([]);
  } finally {
    await rm(clone, { recursive: true, force: true });
  }
});
