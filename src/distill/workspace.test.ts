import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { filesBelow, temporaryFolder } from "../../test/run.ts";
import { silentReporter } from "../reporter.ts";
import { openWorkspace, type Workspace } from "./workspace.ts";

const now = (): Date => new Date("2026-01-02T03:04:05Z");
const openAt = (folder: string, root = folder): Promise<Workspace> =>
  openWorkspace(folder, { root, reporter: silentReporter, now });

test("makes its folder, writes files, and logs what is reported", async () => {
  await using folder = await temporaryFolder();
  const workspace = await openAt(join(folder.path, "a/b"));
  await workspace.writeJson("result.json", { status: "empty" });
  workspace.reporter.warning("One\nline.", { file: "x.txt", line: 3 });
  await workspace.close();
  expect(await filesBelow(folder.path)).toEqual({
    "a/b/result.json": '{\n  "status": "empty"\n}\n',
    "a/b/session.log": [
      "2026-01-02T03:04:05.000Z info The run of overproof begins.",
      "2026-01-02T03:04:05.000Z warning x.txt:3: One line.",
      "2026-01-02T03:04:05.000Z info The run ends.",
      "",
    ].join("\n"),
  });
});

test("clears what an earlier run left, also for single traces, and nothing else", async () => {
  await using folder = await temporaryFolder();
  const earlier = await openAt(folder.path);
  await earlier.write("proposal.json", "{}");
  const single = await openAt(join(folder.path, "01"), folder.path);
  await single.write("claims.json", "{}");
  await writeFile(join(folder.path, "notes.txt"), "mine");
  await mkdir(join(folder.path, "02"));
  await writeFile(join(folder.path, "02", "result.json"), "mine");
  await Promise.all([earlier.close(), single.close()]);
  await (await openAt(folder.path)).close();
  expect(Object.keys(await filesBelow(folder.path)).sort()).toEqual([
    "02/result.json",
    "notes.txt",
    // An earlier proposal may still wait to be proposed.
    "proposal.json",
    "session.log",
  ]);
  expect(await readdir(folder.path)).not.toContain("01");
});

test("clears the recording of an earlier run's student, and nothing of a person's in a folder of that name", async () => {
  await using folder = await temporaryFolder();
  await (await openAt(folder.path)).close();
  await mkdir(join(folder.path, "student"));
  for (const name of ["llm_prompt.txt", "llm_response_2.txt", "llm_calls.jsonl"])
    await writeFile(join(folder.path, "student", name), "earlier");
  await (await openAt(folder.path)).close();
  expect(await readdir(folder.path)).toEqual(["session.log"]);
  await mkdir(join(folder.path, "student"));
  await writeFile(join(folder.path, "student", "notes.txt"), "mine");
  await writeFile(join(folder.path, "student", "llm_prompt.txt"), "earlier");
  await (await openAt(folder.path)).close();
  expect(await readdir(join(folder.path, "student"))).toEqual(["notes.txt"]);
});

test.each([
  ["result.json", "{}"],
  ["session.log", "somebody else's log\n"],
])("refuses a folder whose %s is not of a run, and leaves it alone", async (name, text) => {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, name), text);
  await expect(openAt(folder.path)).rejects.toMatchObject({ name: "Failure", exitCode: 2 });
  expect(await filesBelow(folder.path)).toEqual({ [name]: text });
});

test("a folder that a person named may be a link; one below the home may not lead out of it", async () => {
  await using folder = await temporaryFolder();
  await using outside = await temporaryFolder();
  const link = join(folder.path, "runs");
  await symlink(outside.path, link);
  await expect(openAt(join(link, "one"), folder.path)).rejects.toMatchObject({ exitCode: 2 });
  expect(await filesBelow(outside.path)).toEqual({});
  await (await openAt(link)).close();
  expect(await readFile(join(outside.path, "session.log"), "utf8")).toContain("begins");
});
