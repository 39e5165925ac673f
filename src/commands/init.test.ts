import { mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { git } from "../../test/github/git.ts";
import { filesBelow, temporaryFolder, type TemporaryFolder } from "../../test/run.ts";
import { configSchema } from "../config/config.ts";
import { parseConfig } from "../config/load.ts";
import { configText } from "../init/config-text.ts";
import { silentReporter } from "../reporter.ts";
import { initText } from "../terminal/init-text.ts";
import type { Context } from "./context.ts";
import { init, type InitRequest, type InitResult } from "./init.ts";

const usual: InitRequest = { example: false, force: false, dryRun: false };

function contextIn(cwd: string): Context {
  return {
    cwd,
    environment: { PATH: process.env["PATH"] },
    reporter: silentReporter,
    now: () => new Date(0),
    random: () => 0,
    sleep: async () => undefined,
  };
}

async function emptyRepository(): Promise<TemporaryFolder> {
  const folder = await temporaryFolder();
  await git(folder.path, ["init", "--quiet"]);
  return folder;
}

function changesOf({ files }: InitResult, change: string): string[] {
  return files.filter((file) => file.change === change).map(({ path }) => path);
}

it("writes what a repository needs, from wherever in it, and nothing the second time", async () => {
  await using folder = await emptyRepository();
  await mkdir(join(folder.path, "deep/down"), { recursive: true });
  const first = await init({ ...usual, example: true }, contextIn(join(folder.path, "deep/down")));
  expect(first.status).toBe("written");
  expect(changesOf(first, "created")).toEqual(
    expect.arrayContaining([
      ".gitattributes",
      ".github/workflows/distill.yml",
      ".github/workflows/evaluate.yml",
      ".github/workflows/organize.yml",
      ".github/workflows/restore.yml",
      ".gitignore",
      ".overproof/overproof.schema.json",
      "overproof.yml",
      "skills/README.md",
      "traces/README.md",
      "traces/example-row-softmax/row_softmax_lineage_graph.md",
    ]),
  );
  const before = await filesBelow(folder.path);
  const second = await init({ ...usual, example: true }, contextIn(folder.path));
  expect(second.status).toBe("unchanged");
  expect(changesOf(second, "unchanged")).toHaveLength(first.files.length);
  expect(await filesBelow(folder.path)).toEqual(before);
});

it("keeps what somebody changed, says how much, and makes it new only by force", async () => {
  await using folder = await emptyRepository();
  await init(usual, contextIn(folder.path));
  const path = join(folder.path, "overproof.yml");
  const own = `${configText.replace("model: offline\n", "")}language: de\n`;
  await writeFile(path, own);
  const kept = await init(usual, contextIn(folder.path));
  expect(kept.files.find((file) => file.path === "overproof.yml")).toEqual({
    path: "overproof.yml",
    change: "kept",
    missing: 1,
    own: 1,
  });
  expect(await readFile(path, "utf8")).toBe(own);
  const forced = await init({ ...usual, force: true }, contextIn(folder.path));
  expect(changesOf(forced, "replaced")).toEqual(["overproof.yml"]);
  expect(await readFile(path, "utf8")).toBe(configText);
});

it("adds its lines to files of the repository, once, and takes none away", async () => {
  await using folder = await emptyRepository();
  const path = join(folder.path, ".gitignore");
  await writeFile(path, "node_modules/\n.overproof/kernels/\nno newline at the end");
  expect(changesOf(await init(usual, contextIn(folder.path)), "extended")).toEqual([".gitignore"]);
  const extended = "node_modules/\n.overproof/kernels/\nno newline at the end\n.overproof/runs/\n";
  expect(await readFile(path, "utf8")).toBe(extended);
  await init({ ...usual, force: true }, contextIn(folder.path));
  expect(await readFile(path, "utf8")).toBe(extended);
});

it("writes nothing in a dry run", async () => {
  await using folder = await emptyRepository();
  const { status, files } = await init({ ...usual, dryRun: true }, contextIn(folder.path));
  expect(status).toBe("dry-run");
  expect(files.length).toBeGreaterThan(5);
  await rm(join(folder.path, ".git"), { recursive: true });
  expect(await filesBelow(folder.path)).toEqual({});
});

it("names the Action as it is told to, and refuses what does not name one", async () => {
  await using folder = await emptyRepository();
  await init({ ...usual, action: "octo-org/overproof@v2" }, contextIn(folder.path));
  const text = await readFile(join(folder.path, ".github/workflows/restore.yml"), "utf8");
  expect(text).toContain("uses: octo-org/overproof@v2\n");
  for (const action of [
    "octo/other@v1",
    "octo/overproof",
    "octo/overproof@v1\n  evil: true",
    "../overproof@v1",
  ]) {
    await expect(init({ ...usual, action }, contextIn(folder.path))).rejects.toMatchObject({ exitCode: 2 });
  }
});

it("writes nothing through a link that leads out of the repository", async () => {
  await using folder = await emptyRepository();
  await using elsewhere = await temporaryFolder();
  await symlink(elsewhere.path, join(folder.path, ".github"));
  await expect(init(usual, contextIn(folder.path))).rejects.toMatchObject({ exitCode: 2 });
  expect(await filesBelow(elsewhere.path)).toEqual({});
});

it("says to make a repository first where there is none", async () => {
  await using folder = await temporaryFolder();
  await expect(init(usual, contextIn(folder.path))).rejects.toMatchObject({
    exitCode: 2,
    remedy: expect.stringContaining("git init") as string,
  });
});

it("starts with a configuration that says what holds without it", () => {
  expect(parseConfig(configText, "overproof.yml")).toEqual(configSchema.parse({}));
});

it("tells what it did and what to do now in 80 columns", async () => {
  await using folder = await emptyRepository();
  const text = initText(await init({ ...usual, example: true }, contextIn(folder.path)), { columns: 80 });
  for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  expect(text).toContain("created   traces/example-row-softmax/ (34 files)");
  expect(text).toContain('"overproof / gate"');
  expect(text).toContain("OVERPROOF_APP_CLIENT_ID");
});
