import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
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

const pending = ".overproof/runs/pending";
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
  // What lies in git's own folder has to go as well.
  execFileSync("git", ["init", "--quiet"], { cwd: world.folder });
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
  const step = { do: "write", in: "library", path: "x/SKILL.md", staged: "0", sha256: "0".repeat(64) };
  await putFile(world.folder, `${pending}/journal.json`, JSON.stringify({ format: 1, steps: [step] }));
  await putFile(world.folder, `${pending}/0`, "another text");
  await expect(finishInterrupted(homeOf(world))).rejects.toThrow(/was changed/);
  expect((await world.files()).has("skills/x/SKILL.md")).toBe(false);
});

/** Puts a journal where an interrupted run would have left it. */
async function putJournal(world: OrganizeWorld, steps: readonly object[]): Promise<void> {
  await putFile(world.folder, `${pending}/journal.json`, JSON.stringify({ format: 1, steps }));
}

test("a step cannot move a link to where it leads out of the library for the next one", async () => {
  const world = await organizeWorld();
  const outside = join(world.folder, "..", "outside");
  await mkdir(outside);
  await putFile(world.library, "a/payload", "theirs");
  await putFile(world.library, "deep/er/SKILL.md", "text");
  // From where it lies it leads to a folder of the home; from one level higher it leads outside.
  await mkdir(join(world.folder, "outside"));
  await symlink("../../../outside", join(world.library, "deep/er/l"));
  await putJournal(world, [
    { do: "move", in: "library", from: "deep/er", to: "c" },
    { do: "move", in: "library", from: "a/payload", to: "c/l/payload" },
  ]);
  await expect(finishInterrupted(homeOf(world))).rejects.toThrow(/because a link leads there/);
  expect(await filesBelow(outside)).toEqual(new Map());
  expect((await world.files()).has("skills/a/payload")).toBe(true);
});

test("removes nothing through a link, also where it stays in the library", async () => {
  const world = await organizeWorld();
  await putFile(world.library, "kept/SKILL.md", "text");
  await symlink("kept", join(world.library, "l"));
  await putJournal(world, [{ do: "remove", in: "library", path: "l/SKILL.md" }]);
  const before = await world.files();
  await expect(finishInterrupted(homeOf(world))).rejects.toThrow(/because a link leads there/);
  expect(await world.files()).toEqual(before);
});

test("changes nothing where the library itself, or the folder of the journal, is a link to another place", async () => {
  const world = await organizeWorld();
  const outside = join(world.folder, "..", "outside");
  await putFile(outside, "bin/tool", "theirs");
  await rm(world.library, { recursive: true });
  await symlink(outside, world.library);
  const change: LibraryChange = { do: "remove", in: "library", path: "bin/tool" };
  await expect(changeLibrary(homeOf(world), [change])).rejects.toThrow(/because a link leads there/);
  await mkdir(join(outside, "pending"));
  await mkdir(join(world.folder, ".overproof"));
  await symlink(outside, join(world.folder, ".overproof/runs"));
  await expect(finishInterrupted(homeOf(world))).rejects.toThrow(/because a link leads there/);
  expect([...(await readdir(outside))].toSorted()).toEqual(["bin", "pending"]);
});

test("in a working copy only a journal that was written there is finished", async () => {
  const world = await organizeWorld();
  await putFile(world.library, "a/SKILL.md", "text");
  await putJournal(world, [{ do: "remove", in: "library", path: "a/SKILL.md" }]);
  execFileSync("git", ["init", "--quiet"], { cwd: world.folder });
  const before = await world.files();
  await expect(finishInterrupted(homeOf(world))).rejects.toThrow(/was not written in this working copy/);
  expect(await world.files()).toEqual(before);
});

test.each<[string, LibraryChange[], RegExp]>([
  [
    "a file and a folder of one name",
    [
      { do: "write", in: "library", path: "x/data", content: "1" },
      { do: "write", in: "library", path: "x/data/y.csv", content: "2" },
    ],
    /lies in it/,
  ],
  [
    "a folder where a file is",
    [
      { do: "write", in: "library", path: "x/new.md", content: "1" },
      { do: "write", in: "library", path: "a/SKILL.md/y", content: "2" },
    ],
    /is a file/,
  ],
  [
    "a file where a folder is",
    [
      { do: "write", in: "library", path: "x/new.md", content: "1" },
      { do: "write", in: "library", path: "a", content: "2" },
    ],
    /is there already/,
  ],
  [
    "the removal of what is gone",
    [
      { do: "write", in: "library", path: "x/new.md", content: "1" },
      { do: "remove", in: "library", path: "gone/SKILL.md" },
    ],
    /is gone/,
  ],
  [
    "a move to where the change before puts something",
    [
      { do: "write", in: "library", path: "x/new.md", content: "1" },
      { do: "move", in: "library", from: "a", to: "x" },
    ],
    /is there already/,
  ],
])("refuses %s before anything is staged", async (_, changes, message) => {
  const world = await organizeWorld();
  await putFile(world.library, "a/SKILL.md", "text");
  const before = await world.files();
  const writes: string[] = [];
  const change = changeLibrary(homeOf(world), changes, (what) => void writes.push(what));
  await expect(change).rejects.toThrow(message);
  await expect(change).rejects.toThrow(Failure);
  expect(writes.some((what) => what.startsWith("stage"))).toBe(false);
  expect(await world.files()).toEqual(before);
});

test("does not say that nothing was changed once something was, and goes on when it can", async () => {
  const world = await organizeWorld();
  const home = homeOf(world);
  await putFile(world.library, "a/SKILL.md", "text");
  const changes: LibraryChange[] = [
    { do: "write", in: "library", path: "x/SKILL.md", content: "1" },
    { do: "write", in: "library", path: "y/SKILL.md", content: "2" },
  ];
  const inTheWay = join(world.library, "y");
  const failure = await changeLibrary(home, changes, async (what) => {
    if (what === "write y/SKILL.md") await writeFile(inTheWay, "in the way");
  }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(Failure);
  expect((failure as Failure).remedy).not.toContain("nothing was changed");
  await rm(inTheWay);
  expect(await finishInterrupted(home)).toBe(true);
  expect(await readFile(join(world.library, "y/SKILL.md"), "utf8")).toBe("2");
  expect((await readdir(world.folder)).toSorted()).toEqual(["skills"]);
});

test("leaves nothing behind where what is staged is not what it is to be", async () => {
  const world = await organizeWorld();
  const changes = ["x", "y"].map((name): LibraryChange => ({
    do: "write",
    in: "library",
    path: `${name}/SKILL.md`,
    content: name,
  }));
  const failing = changeLibrary(homeOf(world), changes, async (what) => {
    // Before the journal names what is staged, that is looked at again.
    if (what === "stage y/SKILL.md") await writeFile(join(world.folder, pending, "0"), "another text");
  });
  await expect(failing).rejects.toThrow(/x\/SKILL.md was changed/);
  expect(await world.files()).toEqual(new Map());
});

test("a second run cannot touch what the first is staging", async () => {
  const world = await organizeWorld();
  const home = homeOf(world);
  const change: LibraryChange = { do: "write", in: "library", path: "x/SKILL.md", content: "text" };
  const task = join(world.folder, "..", "second.json");
  await writeFile(task, JSON.stringify({ home, changes: null }));
  let other = "";
  await changeLibrary(home, [change], async (what) => {
    if (what !== "write the journal") return;
    await expect(finishInterrupted(home)).rejects.toThrow(/is changing this library/);
    const second = spawn(process.execPath, [child, task, "-1"], { stdio: ["ignore", "ignore", "pipe"] });
    second.stderr.setEncoding("utf8").on("data", (text: string) => (other += text));
    await once(second, "close");
  });
  expect(other).toContain("is changing this library");
  expect([...(await world.files()).keys()]).toEqual(["skills/x/SKILL.md"]);
});

test.each([
  ["of a process that has ended", () => ({ pid: endedProcess(), host: hostname() })],
  ["of an earlier process with our number", () => ({ pid: process.pid, host: hostname() })],
  ["that was not finished", () => undefined],
])("takes over a lock %s", async (_, holder) => {
  const world = await organizeWorld();
  const named = holder();
  const token = "00000000-0000-4000-8000-000000000000";
  await putFile(world.folder, `${pending}.lock`, named ? JSON.stringify({ ...named, token }) : "");
  await finishInterrupted(homeOf(world));
  expect(await readdir(world.folder)).toEqual(["skills"]);
});

test("respects a lock of a process that runs, and of another machine", async () => {
  const world = await organizeWorld();
  const token = "00000000-0000-4000-8000-000000000000";
  for (const holder of [
    { pid: process.ppid, host: hostname() },
    { pid: endedProcess(), host: `not-${hostname()}` },
  ]) {
    await putFile(world.folder, `${pending}.lock`, JSON.stringify({ ...holder, token }));
    await expect(finishInterrupted(homeOf(world))).rejects.toThrow(`Process ${holder.pid} on ${holder.host}`);
    expect((await world.files()).has(`${pending}.lock`)).toBe(true);
  }
});

function endedProcess(): number {
  return spawnSync(process.execPath, ["--version"]).pid;
}

test("drops a change that lost its staged files before its first step, and says so once", async () => {
  const world = await organizeWorld();
  const home = homeOf(world);
  await putFile(world.library, "a/SKILL.md", "text");
  const before = await world.files();
  const lost: object[] = [
    { do: "write", in: "library", path: "x/SKILL.md", staged: "0", sha256: "0".repeat(64) },
    { do: "remove", in: "library", path: "a/SKILL.md" },
  ];
  await putJournal(world, lost);
  await expect(finishInterrupted(home)).rejects.toThrow(/it was dropped/);
  expect(await finishInterrupted(home)).toBe(false);
  expect(await world.files()).toEqual(before);
});

test("does not drop a change that was begun", async () => {
  const world = await organizeWorld();
  await putFile(world.library, "b/SKILL.md", "moved already");
  await putJournal(world, [
    { do: "move", in: "library", from: "a", to: "b" },
    { do: "write", in: "library", path: "x/SKILL.md", staged: "0", sha256: "0".repeat(64) },
  ]);
  await expect(finishInterrupted(homeOf(world))).rejects.toThrow(/cannot be finished/);
  expect((await world.files()).has(`${pending}/journal.json`)).toBe(true);
});
