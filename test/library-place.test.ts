import { mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { DistillResult } from "../src/distill/distill-result.ts";
import { cli, filesBelow, temporaryFolder } from "./run.ts";
import { logs, startWorld } from "./world.ts";

const file = "triton-cuda/evolved-improvement/triton-cuda-case-elementwise-relu/SKILL.md";
const evidence = ".overproof/evidence/triton-cuda-case-elementwise-relu.json";

test("the commands that distill prints next run as they are, with the library and the configuration", async () => {
  await using world = await startWorld();
  await writeFile(join(world.folder, "own.yml"), "language: en\n");
  const args = ["distill", logs, "--output", "trial/my skills", "--config", "own.yml"];
  const { stdout } = await cli(args, { cwd: world.folder });
  expect(stdout).toContain(`Added trial/my skills/${file}`);
  expect(await readFile(join(world.folder, "trial/my skills", file), "utf8")).toContain("# ");
  const next = [...stdout.matchAll(/^ {2}overproof (.+?) {4}/gm)].map((match) => match[1] ?? "");
  expect(next).toHaveLength(2);
  for (const command of next) {
    expect(command).toContain("--library 'trial/my skills' --config own.yml");
    const words = [...command.matchAll(/'([^']*)'|(\S+)/g)].map((match) => match[1] ?? match[2] ?? "");
    expect((await cli(words, { cwd: world.folder, env: world.env })).code).toBe(0);
  }
});

test("a proposal for another library goes to that library, and its body says how to make it again", async () => {
  await using world = await startWorld();
  const args = ["distill", logs, "--output", "trial/skills", "--dry-run", "--json"];
  const { proposal } = JSON.parse((await cli(args, { cwd: world.folder })).stdout) as DistillResult;
  const { result } = await world.propose(proposal ?? "", "--library", "trial/skills");
  expect(result.status).toBe("created");
  expect(result.body).toContain("--output trial/skills");
  expect(await world.show(`origin/${result.branch}:trial/skills/${file}`)).toContain("# ");
  expect(await world.show(`origin/${result.branch}:trial/${evidence}`)).toContain('"claims"');
});

test("a run in a folder of a repository uses the repository's library", async () => {
  await using world = await startWorld();
  const deep = join(world.folder, "src", "deep");
  await mkdir(deep, { recursive: true });
  const { stdout } = await cli(["distill", logs, "--json"], { cwd: deep });
  const result = JSON.parse(stdout) as DistillResult;
  const [skill] = result.skills;
  expect(skill?.path).toBe(`skills/${file}`);
  expect(await readFile(skill?.file ?? "", "utf8")).toBe(
    await readFile(join(world.folder, "skills", file), "utf8"),
  );
  expect(await filesBelow(deep)).toEqual({});
  const proposed = await cli(["propose", result.proposal ?? "", "--no-push", "--json"], {
    cwd: deep,
    env: world.env,
  });
  expect(JSON.parse(proposed.stdout)).toMatchObject({ status: "committed" });
});

test("a library that is the whole repository works, also through a link to it", async () => {
  await using world = await startWorld();
  await using elsewhere = await temporaryFolder();
  await writeFile(join(world.folder, "overproof.yml"), "library: .\n");
  const link = join(elsewhere.path, "link");
  await symlink(world.folder, link);
  // A shell leaves the folder's name with the link in PWD; the Action gets it in GITHUB_WORKSPACE.
  const { stdout } = await cli(["distill", logs, "--dry-run", "--json"], { cwd: link });
  const { proposal } = JSON.parse(stdout) as DistillResult;
  const { result } = await world.propose(join(link, proposal ?? ""));
  expect(result).toMatchObject({ status: "created", skills: [{ path: file }] });
  expect(await world.show(`origin/${result.branch}:${file}`)).toContain("# ");
});

test("a library outside of the repository is one sentence", async () => {
  await using world = await startWorld();
  await using elsewhere = await temporaryFolder();
  const { code, stderr } = await world.propose(
    await world.distill(),
    "--library",
    join(elsewhere.path, "skills"),
  );
  expect(stderr).toContain("lies outside of the repository");
  expect(code).toBe(2);
});

test.each(["skills", "skills/triton-cuda", ".overproof"])(
  "writes nothing through a link at %s that leads out of the repository",
  async (place) => {
    await using folder = await temporaryFolder();
    await using outside = await temporaryFolder();
    await mkdir(join(folder.path, ".git"));
    await mkdir(join(folder.path, place, ".."), { recursive: true });
    await rm(join(folder.path, place), { recursive: true, force: true });
    await symlink(outside.path, join(folder.path, place));
    const { code, stderr, stdout } = await cli(["distill", logs, "--json"], { cwd: folder.path });
    expect(stderr).toContain("because a link leads there");
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(await filesBelow(outside.path)).toEqual({});
    expect(Object.keys(await filesBelow(folder.path)).filter((path) => path.endsWith("SKILL.md"))).toEqual(
      [],
    );
  },
);

test("a workspace that holds other files is refused, and they stay", async () => {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, "result.json"), "mine");
  const { code, stderr } = await cli(["distill", logs, "--workspace", "."], { cwd: folder.path });
  expect(stderr).toContain("holds files that no run of overproof left there");
  expect(code).toBe(2);
  expect(await filesBelow(folder.path)).toEqual({ "result.json": "mine" });
});

test("warns of files that are no skills by the path that they have from here, with all their findings", async () => {
  await using folder = await temporaryFolder();
  const bad = join(folder.path, "trial", "skills", "Bad Name");
  await mkdir(bad, { recursive: true });
  await writeFile(join(bad, "SKILL.md"), "---\nname: Other Name\ndescription: x\nextra: y\n---\n");
  const { stderr } = await cli(["distill", logs, "--output", "trial/skills"], { cwd: folder.path });
  expect(stderr).toMatch(/warning: trial\/skills\/Bad Name\/SKILL\.md:\d+: .* There are \d+ more findings\./);
});
