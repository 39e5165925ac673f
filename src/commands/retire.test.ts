import { describe, expect, test } from "vitest";
import {
  allSkills,
  contextIn,
  filesOf,
  folder,
  landing,
  linkBlob,
  local,
  repositoryName,
  repositoryToken,
  six,
  skillText,
  startArchiveWorld,
} from "../../test/archive-world.ts";
import { plainClient } from "../../test/github/client.ts";
import { cloneRepository } from "../../test/github/clone.ts";
import { git } from "../../test/github/git.ts";
import { retire } from "./retire.ts";

describe("retire", () => {
  test("takes one skill out, leaves one that lies in its folder, and runs twice without a change", async () => {
    const [skill = "", other = ""] = six;
    const inner = `${folder}/${skill}/inner/SKILL.md`;
    await using world = await startArchiveWorld({ ...allSkills, [inner]: skillText("inner") });
    const request = { name: skill, reason: "Newer cards need none of it.", ...landing };
    const retired = await retire(request, world.context);
    expect(retired).toMatchObject({ status: "created", number: 1, branch: `overproof/retire/${skill}` });
    const main = await world.git("rev-parse", "main");
    expect(retired.archived).toMatchObject([{ name: skill, commit: main, survivors: [], results: null }]);
    const left = await world.git("ls-tree", "-r", "--name-only", retired.branch);
    expect(left).toContain(inner);
    expect(left).toContain(other);
    expect(left).not.toContain(`evidence/${skill}.json`);
    expect(await world.git("log", "-1", "--format=%(trailers:only,unfold)", retired.branch)).toContain(
      `Overproof-Supersedes: ${skill}@${main}`,
    );

    const tip = await world.git("rev-parse", retired.branch);
    const later = { ...world.context, now: () => new Date("2026-04-01T00:00:00Z") };
    expect((await retire(request, later)).status).toBe("unchanged");
    expect(await world.git("rev-parse", retired.branch)).toBe(tip);
    // Something else was merged in between: the branch still says what it has to say.
    await world.github.commit(repositoryName, { files: { "other.txt": "x\n" } });
    expect((await retire(request, later)).status).toBe("unchanged");
    expect(await world.git("rev-parse", retired.branch)).toBe(tip);

    await world.merge(1, "rebase");
    await expect(retire(request, later)).rejects.toMatchObject({
      exitCode: 2,
      message: `${skill} was retired on 2026-03-01 already.`,
    });
    expect(world.github.violations).toEqual([]);
  });

  test("is built again on a target branch whose index has grown, and loses no entry", async () => {
    const [alpha = "", , , epsilon = ""] = six;
    await using world = await startArchiveWorld(allSkills);
    await retire({ name: alpha, reason: "Old.", ...landing }, world.context);
    await retire({ name: epsilon, reason: "Old.", ...landing }, world.context);
    await world.merge(1, "squash");
    // Both made the index: git alone cannot join them.
    await expect(world.merge(2, "squash")).rejects.toThrow("not mergeable");
    const again = await retire({ name: epsilon, reason: "Old.", ...landing }, world.context);
    expect(again).toMatchObject({ status: "updated", number: 2 });
    await world.merge(2, "squash");
    expect((await world.index("main")).retired.map((entry) => entry.name)).toEqual([alpha, epsilon]);
    // From now on git joins what lies apart by name.
    await retire({ name: "triton-cuda-case-beta", reason: "Old.", ...landing }, world.context);
    await retire({ name: "triton-cuda-case-zeta", reason: "Old.", ...landing }, world.context);
    await world.merge(3, "squash");
    await world.merge(4, "squash");
    expect((await world.index("main")).retired).toHaveLength(4);
  });

  test("knows its own branch in a clone that is too shallow to see where it began", async () => {
    const [skill = ""] = six;
    await using world = await startArchiveWorld(allSkills);
    const request = { name: skill, reason: "Old.", ...landing };
    const { branch } = await retire(request, world.context);
    await world.github.commit(repositoryName, { files: { "other.txt": "x\n" } });
    await using early = await cloneRepository(world.github, repositoryName, repositoryToken, { depth: 1 });
    expect((await retire(request, contextIn(early.folder, world.github))).status).toBe("unchanged");
    const newer = { [`${folder}/${skill}/SKILL.md`]: skillText(skill, "Newer.") };
    const commit = await world.github.commit(repositoryName, { files: newer });
    await using late = await cloneRepository(world.github, repositoryName, repositoryToken, { depth: 1 });
    const again = await retire(request, contextIn(late.folder, world.github));
    expect(again).toMatchObject({ status: "updated", number: 1, archived: [{ commit }] });
    expect(await world.git("rev-parse", `${branch}~1`)).toBe(commit);
  });

  test("leaves a branch alone that a reviewer has committed to", async () => {
    const [skill = "", other = ""] = six;
    await using world = await startArchiveWorld(allSkills);
    const { branch } = await retire({ name: skill, reason: "Old.", ...landing }, world.context);
    await world.github.commit(repositoryName, { branch, files: { "note.md": "Agreed.\n" } });
    const tip = await world.git("rev-parse", branch);
    expect((await retire({ name: skill, reason: "Old.", ...landing }, world.context)).status).toBe(
      "unchanged",
    );
    expect(await world.git("rev-parse", branch)).toBe(tip);
    // Somebody brought it back there: nothing fits any more.
    await world.github.commit(repositoryName, { branch, files: filesOf(skill) });
    await expect(retire({ name: skill, reason: "Old.", ...landing }, world.context)).rejects.toMatchObject({
      exitCode: 1,
      message: expect.stringContaining("somebody else") as unknown,
    });
    expect(other).not.toBe(skill);
  });

  test("is not proposed again after its pull request was closed", async () => {
    const [skill = ""] = six;
    await using world = await startArchiveWorld(allSkills);
    const request = { name: skill, reason: "Old.", ...landing };
    await retire(request, world.context);
    const client = plainClient(world.github, repositoryToken);
    await client.rest.pulls.update({ owner: "octo", repo: "skills", pull_number: 1, state: "closed" });
    const again = await retire(request, world.context);
    expect(again.status).toBe("unchanged");
    expect(again.reason).toContain("#1 proposed exactly this and was closed");
  });

  test("refuses a skill with a link, which could not be brought back", async () => {
    const [skill = ""] = six;
    await using world = await startArchiveWorld(allSkills);
    const path = `${folder}/${skill}/references/passwd`;
    await git(world.folder, [
      "update-index",
      "--add",
      "--cacheinfo",
      `120000,${await linkBlob(world.folder)},${path}`,
    ]);
    await git(world.folder, ["commit", "--quiet", "-m", "Link"]);
    await expect(
      retire({ name: skill, reason: "Old.", ...local }, contextIn(world.folder)),
    ).rejects.toMatchObject({ exitCode: 1, message: expect.stringContaining("a symbolic link") as unknown });
  });
});
