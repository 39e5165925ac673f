import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { git } from "../../test/github/git.ts";
import { temporaryFolder } from "../../test/run.ts";
import { openRepository } from "../git/repository.ts";
import { changedSkills } from "./changed-skills.ts";

async function startRepository() {
  const folder = await temporaryFolder();
  const write = async (path: string, text = `${path}\n`): Promise<void> => {
    await mkdir(dirname(join(folder.path, path)), { recursive: true });
    await writeFile(join(folder.path, path), text);
  };
  await git(folder.path, ["init", "--quiet", "--initial-branch=main"]);
  await git(folder.path, ["config", "user.email", "a@example.com"]);
  await git(folder.path, ["config", "user.name", "A"]);
  const commit = async (): Promise<string> => {
    await git(folder.path, ["add", "--all"]);
    await git(folder.path, ["commit", "--quiet", "--message", "Change"]);
    return git(folder.path, ["rev-parse", "HEAD"]);
  };
  const changed = async (base: string | undefined): Promise<string[]> => {
    const repository = await openRepository(folder.path, process.env);
    const found = await changedSkills(repository, base, join(folder.path, "skills"));
    return found.map(({ path, change }) => `${change} ${path}`);
  };
  return {
    path: folder.path,
    write,
    commit,
    changed,
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

it("tells what was added, changed, moved and removed, with files beside a SKILL.md and not yet committed ones", async () => {
  await using here = await startRepository();
  for (const name of ["one", "two", "three", "scope/four", "scope/four/inner"]) {
    await here.write(`skills/${name}/SKILL.md`);
  }
  await here.write("skills/one/references/more.md");
  await here.write("README.md");
  const base = await here.commit();
  expect(await here.changed(base)).toEqual([]);
  await here.write("README.md", "else\n");
  await here.write("skills/notes.md");
  await here.write("skills/scope/notes.md");
  expect(await here.changed(base)).toEqual([]);
  await here.write("skills/one/references/more.md", "else\n");
  await here.write("skills/scope/four/inner/evals/evals.json");
  await here.commit();
  await rm(join(here.path, "skills/two"), { recursive: true });
  await rename(join(here.path, "skills/three"), join(here.path, "skills/3"));
  await here.write("skills/new/skill.md");
  expect(await here.changed(base)).toEqual(
    [
      "added skills/3/SKILL.md",
      "added skills/new/SKILL.md",
      "changed skills/one/SKILL.md",
      "changed skills/scope/four/inner/SKILL.md",
      "removed skills/three/SKILL.md",
      "removed skills/two/SKILL.md",
    ].sort((a, b) => (a.split(" ")[1] ?? "").localeCompare(b.split(" ")[1] ?? "")),
  );
});

it("takes every skill for new where there is no base", async () => {
  await using here = await startRepository();
  await here.write("skills/one/SKILL.md");
  await here.commit();
  expect(await here.changed(undefined)).toEqual(["added skills/one/SKILL.md"]);
});

it("refuses a library outside of the repository", async () => {
  await using here = await startRepository();
  await here.write("README.md");
  const base = await here.commit();
  const repository = await openRepository(here.path, process.env);
  await expect(changedSkills(repository, base, "/nowhere/else")).rejects.toThrow(/outside of the repository/);
});
