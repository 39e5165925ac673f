import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  allSkills,
  blobsIn,
  contextIn,
  filesOf,
  folder,
  indexPath,
  landing,
  linkBlob,
  local,
  mergeSkills,
  repositoryName,
  repositoryToken,
  six,
  skillText,
  startArchiveWorld,
  survivor,
} from "../../test/archive-world.ts";
import { cloneRepository } from "../../test/github/clone.ts";
import { git } from "../../test/github/git.ts";
import { history } from "./history.ts";
import { restore } from "./restore.ts";
import { retire } from "./retire.ts";

describe("a round trip", () => {
  test.each(["merge", "squash", "rebase"] as const)(
    "brings six merged skills back byte for byte after a %s",
    async (method) => {
      await using world = await startArchiveWorld(allSkills);
      const { directory } = world.github.repository(repositoryName);
      const before = await world.git("rev-parse", "main");
      const old = new Map<string, string>();
      for (const skill of six) old.set(skill, await blobsIn(directory, before, skill));
      expect(old.get(six[0] ?? "")?.split("\n")).toHaveLength(4);

      await world.merge(await mergeSkills(world), method);
      const files = (await world.git("ls-tree", "-r", "--name-only", "main")).split("\n");
      expect(files.filter((path) => path.includes("case-"))).toEqual([]);
      const index = await world.index("main");
      expect(index.retired.map((entry) => entry.name)).toEqual(six);
      for (const { commit } of index.retired) await world.git("merge-base", "--is-ancestor", commit, "main");

      // A clone that knows nothing but the tip, as actions/checkout makes it.
      await using shallow = await cloneRepository(world.github, repositoryName, repositoryToken, {
        depth: 1,
      });
      const [first = "", ...others] = six;
      const branch = `overproof/restore/${first}`;
      const pushed = await restore({ skill: first, ...landing }, contextIn(shallow.folder, world.github));
      expect(pushed).toMatchObject({ status: "created", branch });
      expect(pushed.body).toContain(`Still there:** \`${survivor}\``);
      expect(await blobsIn(directory, branch, first)).toBe(old.get(first));
      expect((await world.index(branch)).retired.map((entry) => entry.name)).toEqual(others);
      expect(await world.git("diff", "--name-only", "main", branch)).not.toContain(survivor);
      for (const skill of others) {
        const restored = await restore({ skill, ...local }, contextIn(shallow.folder));
        expect(restored.status).toBe("committed");
        expect(await blobsIn(shallow.folder, restored.branch, skill)).toBe(old.get(skill));
      }
      expect(world.github.violations).toEqual([]);
    },
  );

  test("restores from a clone without file contents", async () => {
    await using world = await startArchiveWorld(allSkills);
    const before = await world.git("rev-parse", "main");
    await world.merge(await mergeSkills(world), "squash");
    const partial = await mkdtemp(join(tmpdir(), "overproof-partial-"));
    try {
      await git(partial, ["clone", "--quiet", "--filter=blob:none", world.plainUrl, "."]);
      // Its own way to the missing contents is cut: they have to come by the token.
      await git(partial, ["remote", "set-url", "origin", "file:///nowhere"]);
      const [skill = ""] = six;
      await restore({ skill, ...landing }, contextIn(partial, world.github));
      expect(
        await blobsIn(world.github.repository(repositoryName).directory, `overproof/restore/${skill}`, skill),
      ).toBe(await blobsIn(world.github.repository(repositoryName).directory, before, skill));
    } finally {
      await rm(partial, { recursive: true, force: true });
    }
  });

  test("restores without a server what a shallow clone of a folder lacks, or says what to fetch", async () => {
    await using world = await startArchiveWorld(allSkills);
    const before = await world.git("rev-parse", "main");
    await world.merge(await mergeSkills(world), "squash");
    const { directory } = world.github.repository(repositoryName);
    const clone = await mkdtemp(join(tmpdir(), "overproof-shallow-"));
    try {
      await git(clone, ["clone", "--quiet", "--depth=1", `file://${directory}`, "."]);
      const [skill = "", other = ""] = six;
      const restored = await restore({ skill, ...local }, contextIn(clone));
      expect(restored.status).toBe("committed");
      const own = await git(clone, ["ls-tree", "-r", restored.branch, "--", `${folder}/${skill}`]);
      expect(await blobsIn(world.github.repository(repositoryName).directory, before, skill)).toContain(own);

      await git(clone, ["remote", "set-url", "origin", `file://${directory}-gone`]);
      await rm(join(clone, ".git/shallow"), { force: true });
      await using emptier = await cloneRepository(world.github, repositoryName, repositoryToken, {
        depth: 1,
      });
      await git(emptier.folder, ["remote", "set-url", "origin", `file://${directory}-gone`]);
      await expect(restore({ skill: other, ...local }, contextIn(emptier.folder))).rejects.toMatchObject({
        exitCode: 3,
        remedy: "Run: git fetch --unshallow origin",
      });
    } finally {
      await rm(clone, { recursive: true, force: true });
    }
  });

  test("brings the bytes of a program back, and not that it can be executed", async () => {
    await using world = await startArchiveWorld(allSkills);
    const [skill = ""] = six;
    const path = `${folder}/${skill}/scripts/run.sh`;
    const git755 = (await git(world.folder, ["rev-parse", `HEAD:${path}`])).trim();
    await git(world.folder, ["update-index", "--cacheinfo", `100755,${git755},${path}`]);
    await git(world.folder, ["commit", "--quiet", "-m", "Make it run"]);
    await retire({ name: skill, reason: "Old.", ...local }, world.context);
    await git(world.folder, ["reset", "--quiet", "--hard", `overproof/retire/${skill}`]);
    const restored = await restore({ skill, ...local }, world.context);
    expect(await git(world.folder, ["ls-tree", restored.branch, "--", path])).toBe(
      `100644 blob ${git755}\t${path}`,
    );
    expect(restored.body).toContain(`**No longer executable:** \`${path}\``);
  });

  test("restores a named version, and the one before a skill was retired twice", async () => {
    const [skill = ""] = six;
    await using world = await startArchiveWorld(allSkills);
    const first = await world.git("rev-parse", "main");
    await world.github.commit(repositoryName, {
      files: { [`${folder}/${skill}/SKILL.md`]: skillText(skill, "Newer.") },
    });
    await retire({ name: skill, reason: "Nobody uses it.", ...landing }, world.context);
    await world.merge(1, "squash");
    const { restored } = await restore(
      { skill: `${skill}@${first.slice(0, 10)}`, ...landing },
      world.context,
    );
    expect(restored?.commit).toBe(first);
    expect(
      await blobsIn(world.github.repository(repositoryName).directory, `overproof/restore/${skill}`, skill),
    ).toBe(await blobsIn(world.github.repository(repositoryName).directory, first, skill));
  });
});

const hostileNames = [
  "../x",
  "../../etc/passwd",
  "/etc/passwd",
  "a/b",
  "..",
  "C:\\x",
  "a\u0000b",
  "a\nb",
  "\u0430lpha",
  "-x",
  "con fig",
  "x".repeat(10_000),
  "",
];

describe("hostile names", () => {
  test.each(hostileNames.map((one) => [one.slice(0, 20), one] as const))("refuses %j", async (_, hostile) => {
    const context = contextIn("/");
    await expect(retire({ name: hostile, reason: "x", ...local }, context)).rejects.toMatchObject({
      exitCode: 2,
    });
    await expect(restore({ skill: hostile, ...local }, context)).rejects.toMatchObject({ exitCode: 2 });
    await expect(history({ name: hostile }, context)).rejects.toMatchObject({ exitCode: 2 });
  });

  test.each(["a@--all", "a@HEAD", "a@main:x", "a@", "a@0123456789abcdefg"])(
    "refuses %j as a version",
    async (skill) => {
      await expect(restore({ skill, ...local }, contextIn("/"))).rejects.toMatchObject({
        exitCode: 2,
        message: expect.stringContaining("is no id of a commit") as unknown,
      });
    },
  );

  test("refuses an index that leads out of the library", async () => {
    const [skill = ""] = six;
    const entry = {
      name: skill,
      path: "../.github/workflows/x/SKILL.md",
      commit: "0".repeat(40),
      survivors: [],
      reason: "x",
      results: null,
      date: "2026-01-01T00:00:00Z",
    };
    await using world = await startArchiveWorld({
      [indexPath]: JSON.stringify({ format: 1, retired: [entry] }),
    });
    await expect(restore({ skill, ...landing }, world.context)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining("is no plain path inside the library") as unknown,
    });
    expect(await world.github.pulls(repositoryName)).toEqual([]);
  });

  test("refuses an index that names a hidden folder, another skill's folder, or a commit of another branch", async () => {
    const [skill = "", other = ""] = six;
    await using world = await startArchiveWorld({ "README.md": "Skills.\n" });
    const files = {
      [`${folder}/${other}/SKILL.md`]: skillText(skill),
      [`skills/.github/${skill}/SKILL.md`]: skillText(skill),
      [`${folder}/${skill}/SKILL.md`]: skillText(skill),
    };
    const strange = await world.github.commit(repositoryName, {
      branch: "strange",
      files: { ...files, "evil.md": "Evil.\n" },
    });
    await git(world.folder, ["fetch", "--quiet", world.plainUrl, "strange"]);
    const own = await world.github.commit(repositoryName, { branch: "main", files });
    await world.github.commit(repositoryName, {
      branch: "main",
      files: Object.fromEntries(Object.keys(files).map((path) => [path, null])),
    });
    const attempt = async (path: string, commit: string): Promise<unknown> => {
      const entry = { name: skill, path, commit, survivors: [], reason: "x", results: null };
      const retired = [{ ...entry, date: "2026-01-01T00:00:00Z" }];
      await world.github.commit(repositoryName, {
        branch: "main",
        files: { [indexPath]: JSON.stringify({ format: 1, retired }) },
      });
      await world.pull();
      return restore({ skill, ...local }, world.context).then(
        ({ status }) => status,
        (error: unknown) => (error instanceof Error ? error.message : error),
      );
    };
    const below = folder.slice("skills/".length);
    expect(await attempt(`.github/${skill}/SKILL.md`, own)).toMatch(/is no place for the skill/);
    expect(await attempt(`${below}/${other}/SKILL.md`, own)).toMatch(/is no place for the skill/);
    expect(await attempt(`${below}/${skill}/SKILL.md`, strange)).toMatch(/not in the history of the target/);
    expect(await attempt(`${below}/${skill}/SKILL.md`, own)).toBe("committed");
  });

  test("refuses to replace evidence that was recorded since", async () => {
    const [skill = ""] = six;
    await using world = await startArchiveWorld(allSkills);
    const commit = await world.git("rev-parse", "main");
    const gone = Object.fromEntries(Object.keys(filesOf(skill)).map((path) => [path, null]));
    const newer = { [`.overproof/evidence/${skill}.json`]: '{"newer":2}' };
    await world.github.commit(repositoryName, { branch: "main", files: { ...gone, ...newer } });
    await world.pull();
    await expect(
      restore({ skill: `${skill}@${commit.trim()}`, ...local }, world.context),
    ).rejects.toMatchObject({ message: expect.stringContaining("There is other evidence") as unknown });
  });

  test("refuses to bring a link back, and a skill whose place is taken", async () => {
    const [skill = ""] = six;
    await using world = await startArchiveWorld(allSkills);
    await expect(restore({ skill, ...landing }, world.context)).rejects.toMatchObject({
      message: `There is a skill ${skill}, in ${folder}/${skill}/SKILL.md.`,
    });
    const link = `${folder}/linked/SKILL.md`;
    const evil = `${folder}/linked/evil`;
    const id = await linkBlob(world.folder);
    await git(world.folder, ["update-index", "--add", "--cacheinfo", `100644,${id},${link}`]);
    await git(world.folder, ["update-index", "--add", "--cacheinfo", `120000,${id},${evil}`]);
    await git(world.folder, ["commit", "--quiet", "-m", "Link"]);
    const commit = await git(world.folder, ["rev-parse", "HEAD"]);
    await git(world.folder, ["reset", "--quiet", "--hard", "HEAD~1"]);
    await expect(
      restore({ skill: `linked@${commit}`, ...local }, contextIn(world.folder)),
    ).rejects.toMatchObject({ exitCode: 1, message: expect.stringContaining("a symbolic link") as unknown });
  });
});
