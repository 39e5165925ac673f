import { spawnSync } from "node:child_process";
import { cp, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import {
  filesBelow,
  organizeWorld,
  type OrganizeWorld,
  putFile,
  putFixture,
} from "../../test/organize-world.ts";
import type { LibraryHome } from "../config/library-home.ts";
import { configSchema } from "../config/config.ts";
import { openWorkspace } from "../distill/workspace.ts";
import { Failure } from "../failure.ts";
import { changeLibrary, finishInterrupted, type LibraryChange } from "./journal.ts";
import { scanForOrganize } from "./library-scan.ts";
import { organizeLibrary } from "./organize-library.ts";
import { additions, archiveMoves } from "./organized-changes.ts";

const child = join(import.meta.dirname, "../../test/killed-change.ts");

function homeOf({ folder, library }: OrganizeWorld): LibraryHome {
  return { library, home: folder, evidence: join(folder, ".overproof", "evidence"), root: folder };
}

/** What organising a recorded library changes in it. */
async function organizedChanges(world: OrganizeWorld): Promise<LibraryChange[]> {
  const { reporter, now } = world.context;
  const workspace = await openWorkspace(world.workspace, { root: world.workspace, reporter, now });
  onTestFinished(() => workspace.close());
  const scan = await scanForOrganize(world.library);
  const { merges } = await organizeLibrary(scan, ["triton-cuda"], {
    library: world.library,
    evidenceFolder: homeOf(world).evidence,
    evidence: new Map(),
    teacher: undefined,
    workspace,
    config: configSchema.parse({}),
  });
  const sources = merges.flatMap((merge) => merge.sources);
  const evidence = new Map(sources.slice(0, 1).map(({ name }) => [name, `{"skill":"${name}"}\n`]));
  for (const [name, text] of evidence) await putFile(world.folder, `.overproof/evidence/${name}.json`, text);
  return [...additions(merges), ...archiveMoves(sources, ".archive/20260301_120000", evidence)];
}

/** Runs the change in a process of its own that is killed before one of its writes; the number of writes at its end. */
function runKilled(file: string, before: number): number | "killed" {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [child, file, String(before)], {
    encoding: "utf8",
  });
  if (signal === "SIGKILL") return "killed";
  expect(stderr).toBe("");
  expect(status).toBe(0);
  return Number(stdout);
}

test("a process that is killed before any of its writes leaves the library as it was or as it is to be", async () => {
  const world = await organizeWorld();
  await putFixture(world, "merge-into-existing");
  const changes = await organizedChanges(world);
  const home = homeOf(world);
  const task = join(world.workspace, "..", "task.json");
  const again = join(world.workspace, "..", "again.json");
  await writeFile(task, JSON.stringify({ home, changes }));
  await writeFile(again, JSON.stringify({ home, changes: null }));
  const original = join(world.workspace, "..", "original");
  await cp(world.folder, original, { recursive: true });
  const before = await world.files();
  const writes = runKilled(task, -1);
  const after = await world.files();
  expect(after).not.toEqual(before);
  const seen = new Set<string>();
  for (let step = 0; step < Number(writes); step += 1) {
    await rm(world.folder, { recursive: true });
    await cp(original, world.folder, { recursive: true });
    expect(runKilled(task, step)).toBe("killed");
    // The one that finishes it may be killed as well.
    runKilled(again, step % 4);
    await finishInterrupted(home);
    const found = await world.files();
    const isBefore = isDeepStrictEqual(found, before);
    expect(isBefore ? before : after).toEqual(found);
    seen.add(isBefore ? "before" : "after");
  }
  expect([...seen].toSorted()).toEqual(["after", "before"]);
}, 120_000);

test("finishes nothing where nothing was begun", async () => {
  const world = await organizeWorld();
  await putFixture(world, "merge-basic");
  const before = await world.files();
  expect(await finishInterrupted(homeOf(world))).toBe(false);
  expect(await world.files()).toEqual(before);
});

test.each([
  ["../outside/SKILL.md"],
  ["/etc/outside"],
  ["a/../../outside"],
  ["C:/outside"],
  ["a\\b"],
  [".git/hooks/pre-commit"],
  ["a/nul/SKILL.md"],
  [".github/workflows/ci.yml"],
])("a journal from a stranger cannot write to %s", async (path) => {
  const world = await organizeWorld();
  const pending = ".overproof/runs/pending";
  const journal = {
    format: 1,
    steps: [{ do: "write", in: "library", path, staged: "0", sha256: "0".repeat(64) }],
  };
  await putFile(world.folder, `${pending}/journal.json`, JSON.stringify(journal));
  await putFile(world.folder, `${pending}/0`, "text");
  await expect(finishInterrupted(homeOf(world))).rejects.toThrow(Failure);
});

test.each([
  "overproof.yml",
  ".github/workflows/ci.yml",
  ".overproof/runs/x",
  ".overproof/evidence/../x.json",
])("beside the library a change touches nothing but records of skills: not %s", async (path) => {
  const world = await organizeWorld();
  const change: LibraryChange = { do: "write", in: "home", path, content: "text" };
  const before = await world.files();
  await expect(changeLibrary(homeOf(world), [change])).rejects.toThrow(/cannot be changed/);
  await finishInterrupted(homeOf(world));
  expect(await world.files()).toEqual(before);
});

test("a link does not lead a change out of the library", async () => {
  const world = await organizeWorld();
  const outside = join(world.workspace, "..", "outside");
  await mkdir(outside);
  await symlink(outside, join(world.library, "linked"));
  const change: LibraryChange = { do: "write", in: "library", path: "linked/x/SKILL.md", content: "text" };
  await expect(changeLibrary(homeOf(world), [change])).rejects.toThrow(/because a link leads there/);
  expect(await filesBelow(outside)).toEqual(new Map());
});

test("does not go on with staged text that was changed", async () => {
  const world = await organizeWorld();
  const pending = ".overproof/runs/pending";
  const step = { do: "write", in: "library", path: "x/SKILL.md", staged: "0", sha256: "0".repeat(64) };
  await putFile(world.folder, `${pending}/journal.json`, JSON.stringify({ format: 1, steps: [step] }));
  await putFile(world.folder, `${pending}/0`, "another text");
  await expect(finishInterrupted(homeOf(world))).rejects.toThrow(/was changed/);
  expect((await world.files()).has("skills/x/SKILL.md")).toBe(false);
});
