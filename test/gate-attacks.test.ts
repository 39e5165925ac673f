import { mkdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import type { Plan } from "../src/evaluate/plan.ts";
import { type GateWorld, harm, help, skillPath, skillText, startGateWorld } from "./gate-world.ts";
import { hasStack } from "./run.ts";

/** What a change can do to get a green gate for a skill that was not measured, or lost. */
const nothing = { files: { "notes.md": "Notes.\n" } };

async function put(world: GateWorld, path: string, text: string): Promise<void> {
  await mkdir(dirname(join(world.folder, path)), { recursive: true });
  await writeFile(join(world.folder, path), text);
}

async function commit(world: GateWorld): Promise<void> {
  await world.git("add", "--all");
  await world.git("commit", "--quiet", "--message", "Change");
}

async function sentence(world: GateWorld, ...args: string[]): Promise<string> {
  const { code, stderr, result } = await world.gate(...args);
  expect(hasStack(stderr)).toBe(false);
  return `${code} ${result.sentence}`;
}

it("does not look away where the library or a skill becomes a link", async () => {
  await using world = await startGateWorld(nothing);
  await mkdir(join(world.folder, "vendor/node_modules"), { recursive: true });
  await rename(join(world.folder, "skills"), join(world.folder, "vendor/node_modules/skills"));
  await symlink("vendor/node_modules/skills", join(world.folder, "skills"));
  await put(world, "vendor/node_modules/skills/probe-skill/SKILL.md", skillText(harm));
  await commit(world);
  expect(await sentence(world)).toMatch(/^1 No, .*links or submodules \(skills\)/);
  await using other = await startGateWorld(nothing);
  await mkdir(join(other.folder, "lib"));
  await rename(join(other.folder, "skills/probe-skill"), join(other.folder, "lib/probe-skill"));
  await symlink("../lib/probe-skill", join(other.folder, "skills/probe-skill"));
  await commit(other);
  expect(await sentence(other)).toMatch(/^1 No, .*links or submodules \(skills\/probe-skill\)/);
});

it("follows a library that the change moves, and holds its skills against what they were", async () => {
  await using world = await startGateWorld(nothing);
  const config = await readFile(join(world.folder, "overproof.yml"), "utf8");
  await rename(join(world.folder, "skills"), join(world.folder, "agent-skills"));
  await put(world, "overproof.yml", `library: agent-skills\n${config}`);
  await put(world, "agent-skills/probe-skill/SKILL.md", skillText(harm));
  await commit(world);
  expect(await sentence(world)).toMatch(/^1 No, .*probe-skill was changed and not measured/);
  await world.evaluateAll("--changed");
  const { code, result } = await world.gate();
  expect(code).toBe(1);
  expect(Object.keys(result.evaluation?.skills[0]?.students[0]?.arms ?? {})).toContain("base");
});

it("holds a renamed skill against what it was, and not against nothing", async () => {
  await using world = await startGateWorld({ files: { [skillPath]: skillText(help) } });
  // The tip of main has the good skill.
  await world.git("push", "--quiet", world.github.repository("octo/skills").directory, "HEAD:main");
  await rename(join(world.folder, "skills/probe-skill"), join(world.folder, "skills/probe-guide"));
  await put(
    world,
    "skills/probe-guide/SKILL.md",
    skillText("of old").replace("name: probe-skill", "name: probe-guide"),
  );
  await commit(world);
  const base = await world.git("rev-parse", "HEAD~1");
  Object.assign(
    world.env,
    await world.event("merge_group", {
      merge_group: { head_sha: await world.git("rev-parse", "HEAD"), base_sha: base },
    }),
  );
  await world.evaluateAll("--changed");
  const { code, result } = await world.gate("--dry-run");
  expect(code).toBe(1);
  expect(result.evaluation?.skills).toMatchObject([
    {
      name: "probe-guide",
      students: [{ verdict: "worse", arms: { base: { rate: 1 }, head: { rate: 0.5 } } }],
    },
  ]);
});

it("takes what students read for the skill, wherever it lies below it", async () => {
  await using world = await startGateWorld(nothing);
  await put(world, "skills/probe-skill/node_modules/guide.md", "Rule.\n");
  await commit(world);
  expect(await sentence(world)).toMatch(/^1 No, .*probe-skill was changed and not measured/);
  await put(
    world,
    "skills/probe-skill/references/SKILL.md",
    skillText("x").replace("probe-skill", "references"),
  );
  await commit(world);
  expect(await sentence(world)).toMatch(/^1 No, .*probe-skill was changed and not measured/);
});

it("measures the cases of the base too, and keeps them must-pass", async () => {
  await using world = await startGateWorld(nothing);
  await put(world, skillPath, skillText(harm));
  await rm(join(world.folder, "skills/probe-skill/skill_meta.json"));
  await commit(world);
  expect(await sentence(world)).toMatch(/^1 No, .*probe-skill was changed and not measured/);
  await world.evaluate("--changed");
  const dropped = await world.gate();
  expect(dropped.code).toBe(1);
  expect(dropped.result.evaluation?.skills[0]?.students[0]).toMatchObject({ verdict: "worse", cases: 12 });
  expect(world.comments()[0]).toContain("This change replaces cases of probe-skill");
  const easy = JSON.stringify({
    metadata: {},
    tests: [{ input: "Say anything", expected: { contains: ["I do"] } }],
  });
  await put(world, "skills/probe-skill/skill_meta.json", easy);
  await world.evaluate("--changed");
  const swapped = await world.gate();
  expect(swapped.code).toBe(1);
  expect(swapped.result.evaluation?.skills[0]?.students[0]).toMatchObject({ verdict: "worse", cases: 13 });
});

it("writes no check for a pull request into a branch of somebody's own", async () => {
  await using world = await startGateWorld({ files: { [skillPath]: skillText(harm) }, target: "mine" });
  await world.evaluate();
  const { code, stderr, result } = await world.gate();
  expect(code).toBe(1);
  expect(stderr).toContain("mine is not the branch that skills are merged into");
  expect(result.check).toBeNull();
  expect(world.checks()).toEqual([]);
});

it("believes neither looks nor a missing judge nor missing replies of stored results", async () => {
  await using world = await startGateWorld({ files: { [skillPath]: skillText(help) } });
  await world.evaluate();
  expect(await sentence(world)).toMatch(/^0 Yes/);
  const path = join(world.folder, ".overproof/results/plan.json");
  const plan = JSON.parse(await readFile(path, "utf8")) as Plan;
  await writeFile(path, JSON.stringify({ ...plan, looks: 2 }));
  expect(await sentence(world)).toMatch(/^1 No, .*looked at 2 times/);
  await writeFile(path, JSON.stringify(plan));
  await rm(join(world.folder, ".overproof/results/replies"), { recursive: true });
  expect(await sentence(world)).toMatch(/^1 No, .*without the reply/);
  await using judging = await startGateWorld({
    files: { [skillPath]: skillText(help) },
    more: "  judge: openai:somebody-else\n",
  });
  await judging.evaluate("--judge", "openai:judge-of-mine");
  expect(await sentence(judging)).toMatch(/^1 No, .*judged by .*judge-of-mine/);
});

it("concludes the check for a configuration that cannot be read, and repairs what the base has broken", async () => {
  await using world = await startGateWorld(nothing);
  await put(world, "overproof.yml", "evaluate: [\n");
  await commit(world);
  expect(await sentence(world)).toMatch(/^1 No, .*overproof.yml/);
  expect(world.checks()).toMatchObject([{ conclusion: "failure" }]);
  await using linked = await startGateWorld({ ...nothing, configLink: true });
  expect(await sentence(linked)).toMatch(/^1 No, .*no regular file/);
  await using repair = await startGateWorld({
    files: { [skillPath]: skillText(help) },
    base: { [skillPath]: "Nothing that a skill is.\n" },
  });
  await repair.evaluate();
  expect(await sentence(repair)).toMatch(/^0 Yes, this may merge: probe-skill makes/);
});

it("does not let two skills share a name", async () => {
  const twin = "skills/z/probe-skill/SKILL.md";
  await using world = await startGateWorld({ files: { [twin]: skillText("twin") } });
  expect(await sentence(world)).toMatch(/^1 No, .*another skill is named probe-skill too/);
});

it("does not let kernel cases be left out of what is measured", async () => {
  const problem = await readFile(
    join(import.meta.dirname, "fixtures/kernels/abi/problems/softmax.py"),
    "utf8",
  );
  const kernels = { kernels: [{ id: "softmax", problem: "softmax.py", dsl: "abi" }] };
  await using world = await startGateWorld({
    files: {
      [skillPath]: skillText(help),
      "skills/probe-skill/evals/kernels.json": JSON.stringify(kernels),
      "skills/probe-skill/evals/softmax.py": problem,
    },
  });
  // Only the part that needs no device: what the kernels do stays unknown.
  const { code } = await world.evaluateAll("--changed", "--shard", "1/1");
  expect(code).toBe(0);
  expect(await sentence(world)).toMatch(/^1 No, .*of another text of it or of other cases/);
});
