import { describe, expect, test } from "vitest";
import {
  allSkills,
  contextIn,
  folder,
  landing,
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
import { historyText } from "../terminal/history-text.ts";
import { history } from "./history.ts";
import { restore } from "./restore.ts";
import { retire } from "./retire.ts";

describe("history", () => {
  test("follows a skill across a move, its retirement and its return", async () => {
    const [skill = ""] = six;
    await using world = await startArchiveWorld({ [`skills/${skill}/SKILL.md`]: skillText(skill) });
    const moved = `${folder}/${skill}/SKILL.md`;
    await world.github.commit(repositoryName, {
      files: { [`skills/${skill}/SKILL.md`]: null, [moved]: skillText(skill) },
      message: "Move it",
    });
    await world.github.commit(repositoryName, {
      files: { [moved]: skillText(skill, "More.").replace("1.2.0", "1.3.0") },
      message: `Extend it\n\nOverproof-Trace: ${"a".repeat(64)}\nOverproof-Mode: search_log\n`,
    });
    await world.pull();
    await retire({ name: skill, reason: "Old.", ...landing }, world.context);
    await world.merge(1, "squash");
    await world.pull();
    const retired = await history({ name: skill }, world.context);
    if (!("events" in retired)) throw new Error("A skill has events.");
    expect(retired.events.map(({ what, version }) => `${what} ${version}`)).toEqual([
      "retired null",
      "changed 1.3.0",
      "moved 1.2.0",
      "created 1.2.0",
    ]);
    expect(retired.events[1]?.traces).toEqual(["a".repeat(64)]);
    expect(retired.archived).toMatchObject([{ reason: "Old." }]);

    await restore({ skill, ...landing }, world.context);
    await world.merge(2, "rebase");
    await world.pull();
    const restored = await history({ name: skill }, world.context);
    if (!("events" in restored)) throw new Error("A skill has events.");
    expect(restored.events.map(({ what }) => what)).toEqual([
      "restored",
      "retired",
      "changed",
      "moved",
      "created",
    ]);
    expect(restored).toMatchObject({ path: moved, archived: [], isComplete: true });
  });

  test("says what a survivor took the place of, and does not take its life for theirs", async () => {
    await using world = await startArchiveWorld(allSkills);
    await world.merge(await mergeSkills(world), "rebase");
    await world.pull();
    const told = await history({ name: survivor }, world.context);
    expect(told).toMatchObject({ supersedes: six });
    expect("events" in told && told.events.map(({ what }) => what)).toEqual(["created"]);
    const gone = await history({ name: six[0] }, world.context);
    expect("events" in gone && gone.events[0]).toMatchObject({ what: "retired", survivors: [survivor] });
    await expect(history({ name: "never-was" }, world.context)).rejects.toMatchObject({ exitCode: 2 });
  });

  test("lists what is retired and what was done lately, within 80 columns", async () => {
    const long = `triton-cuda-case-${"x".repeat(47)}`;
    await using world = await startArchiveWorld({
      ...allSkills,
      [`${folder}/${long}/SKILL.md`]: skillText(long),
    });
    const reason = "A reason that is so long that no line of a terminal holds all of it at once. ".repeat(3);
    await retire({ name: long, reason, ...local }, world.context);
    await git(world.folder, ["merge", "--quiet", "--ff-only", `overproof/retire/${long}`]);
    const told = await history({}, world.context);
    expect(told).toMatchObject({
      archived: [{ name: long, survivors: [] }],
      recent: [{ subject: `Retire skill ${long}` }],
      isComplete: true,
    });
    const text = historyText(told, { columns: 80, colour: false });
    expect(text).toContain(long);
    expect(text).toContain("LAST COMMITS");
    for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
    const one = historyText(await history({ name: long }, world.context), { columns: 80, colour: false });
    expect(one).toContain(`Bring it back: overproof restore ${long}`.slice(0, 60));
    expect(one).toContain("retired");
  });

  test("says where a shallow clone ends before the skill's life does", async () => {
    await using world = await startArchiveWorld(allSkills);
    const [skill = ""] = six;
    await world.github.commit(repositoryName, { files: { "other.txt": "x\n" } });
    await using shallow = await cloneRepository(world.github, repositoryName, repositoryToken, { depth: 1 });
    const told = await history({ name: skill }, contextIn(shallow.folder));
    expect(historyText(told, { columns: 80, colour: false })).toContain("git fetch --unshallow");
  });
});
