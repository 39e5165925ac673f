import { mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
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
    const { skills, links } = await changedSkills(repository, base, [join(folder.path, "skills")]);
    expect(links).toEqual([]);
    return skills.map(({ path, change }) => `${change} ${path}`);
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
  expect(await here.changed(base)).toEqual([
    "added skills/3/SKILL.md",
    "added skills/new/SKILL.md",
    "changed skills/one/SKILL.md",
    "changed skills/scope/four/SKILL.md",
    "changed skills/scope/four/inner/SKILL.md",
    "removed skills/three/SKILL.md",
    "removed skills/two/SKILL.md",
  ]);
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
  await expect(changedSkills(repository, base, ["/nowhere/else"])).rejects.toThrow(
    /outside of the repository/,
  );
});

it("finds links and submodules on the way to a library and below it, and looks into every library", async () => {
  await using here = await startRepository();
  await here.write("skills/one/SKILL.md");
  await here.write("lib/two/SKILL.md");
  await here.write("agent-skills/three/SKILL.md");
  const base = await here.commit();
  await symlink("../lib/two", join(here.path, "skills/two"));
  const repository = await openRepository(here.path, process.env);
  const look = async (...libraries: string[]): Promise<unknown> => {
    const { skills, links } = await changedSkills(
      repository,
      base,
      libraries.map((library) => join(here.path, library)),
    );
    return { skills: skills.map(({ path }) => path), links };
  };
  expect(await look("skills")).toEqual({ skills: [], links: ["skills/two"] });
  await here.commit();
  expect(await look("skills")).toEqual({ skills: [], links: ["skills/two"] });
  await here.write("agent-skills/three/SKILL.md", "else\n");
  expect(await look("skills", "agent-skills")).toEqual({
    skills: ["agent-skills/three/SKILL.md"],
    links: ["skills/two"],
  });
  await symlink("agent-skills", join(here.path, "library"));
  expect(await look("library")).toMatchObject({ links: ["library"] });
  await git(here.path, ["update-index", "--add", "--cacheinfo", `160000,${base},skills/module`]);
  expect(await look("skills")).toMatchObject({ links: ["skills/two"] });
  await mkdir(join(here.path, "skills/module"));
  expect(await look("skills")).toMatchObject({ links: ["skills/module", "skills/two"] });
});

it("takes files in node_modules of a skill for its own, and a SKILL.md in there for none", async () => {
  await using here = await startRepository();
  await here.write("skills/one/SKILL.md");
  await here.write("skills/one/node_modules/guide.md");
  await here.write("skills/one/references/guide.md");
  const base = await here.commit();
  await here.write("skills/one/node_modules/guide.md", "else\n");
  expect(await here.changed(base)).toEqual(["changed skills/one/SKILL.md"]);
  await here.commit();
  await here.write("skills/node_modules/x/SKILL.md");
  const next = await here.commit();
  await here.write("skills/one/references/guide.md", "else\n");
  await here.write("skills/one/references/SKILL.md");
  expect(await here.changed(next)).toEqual([
    "changed skills/one/SKILL.md",
    "added skills/one/references/SKILL.md",
  ]);
});
