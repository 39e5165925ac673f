import { Command } from "commander";
import { expect, test } from "vitest";
import { type ArchiveWorld, allSkills, six, startArchiveWorld } from "../../test/archive-world.ts";
import { git } from "../../test/github/git.ts";
import { registerArchive } from "./archive.ts";

/** Runs a command line in the world's clone; returns what it prints. */
async function overproof(world: ArchiveWorld, ...args: string[]): Promise<string> {
  const printed: string[] = [];
  const program = new Command("overproof").exitOverride();
  registerArchive(program, {
    context: world.context,
    view: { columns: 80, colour: false },
    isTerminal: false,
    print: (text) => printed.push(text),
    printJson: (value) => printed.push(JSON.stringify(value)),
    printPieces: async () => {},
    complain: () => {},
    endWith: () => {},
  });
  await program.parseAsync(args, { from: "user" });
  return printed.join("");
}

test("retires a skill, tells its history, and restores it, all in the working copy", async () => {
  await using world = await startArchiveWorld(allSkills);
  const [skill = ""] = six;
  const dry = await overproof(world, "retire", skill, "--reason", "Old.", "--no-push", "--dry-run");
  expect(dry).toContain(`Would propose overproof/retire/${skill} (into main): Retire skill ${skill}`);
  expect(await git(world.folder, ["branch", "--list", "overproof/*"])).toBe("");

  const retired = await overproof(world, "retire", skill, "--reason", "Old.", "--no-push");
  expect(retired).toMatch(/^Committed [0-9a-f]{12} on overproof\/retire\//);
  await git(world.folder, ["merge", "--quiet", "--ff-only", `overproof/retire/${skill}`]);
  expect(await overproof(world, "history", skill)).toContain("retired on 2026-03-01");
  const listed = JSON.parse(await overproof(world, "history", "--json")) as { archived: { name: string }[] };
  expect(listed.archived.map(({ name }) => name)).toEqual([skill]);
  const restored = JSON.parse(await overproof(world, "restore", skill, "--no-push", "--json")) as object;
  expect(restored).toMatchObject({ command: "restore", status: "committed", restored: { name: skill } });
});

test.each([
  [["retire"], "No skill is named."],
  [["retire", "x"], "A skill is retired for a reason."],
  [["retire", "x", "--import-archive"], "--import-archive takes all that AKG put away."],
  [["retire", "x", "--reason", " "], "A reason has 1 to 2,000 plain characters."],
])("says what %j lacks", async (args, problem) => {
  await using world = await startArchiveWorld(allSkills);
  await expect(overproof(world, ...args)).rejects.toMatchObject({ exitCode: 2, message: problem });
});
