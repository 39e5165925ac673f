import { chmod, mkdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { filesBelow, temporaryFolder } from "../../test/run.ts";
import { writeStaged } from "./staged-write.ts";

test("writes all files, makes their folders, and leaves no temporary file", async () => {
  await using folder = await temporaryFolder();
  await writeStaged([
    { path: join(folder.path, "a/b/one.txt"), content: "1" },
    { path: join(folder.path, "two.txt"), content: new Uint8Array([50]) },
  ]);
  expect(await filesBelow(folder.path)).toEqual({ "a/b/one.txt": "1", "two.txt": "2" });
  expect((await stat(join(folder.path, "two.txt"))).mode & 0o111).toBe(0);
});

test("leaves every old file whole, and no new folder, when one write fails", async () => {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, "one.txt"), "old");
  await writeFile(join(folder.path, "blocked"), "a file where a folder is needed");
  const writing = writeStaged([
    { path: join(folder.path, "one.txt"), content: "new" },
    { path: join(folder.path, "fresh/two.txt"), content: "new" },
    { path: join(folder.path, "blocked/three.txt"), content: "new" },
  ]);
  await expect(writing).rejects.toMatchObject({ name: "Failure", exitCode: 2 });
  expect(await filesBelow(folder.path)).toEqual({
    "one.txt": "old",
    blocked: "a file where a folder is needed",
  });
  await expect(stat(join(folder.path, "fresh"))).rejects.toThrow("ENOENT");
});

test("replaces a link instead of writing through it", async () => {
  await using folder = await temporaryFolder();
  await mkdir(join(folder.path, "elsewhere"));
  const target = join(folder.path, "elsewhere", "target.txt");
  await writeFile(target, "not ours");
  await chmod(target, 0o644);
  await symlink(target, join(folder.path, "link.txt"));
  await writeStaged([{ path: join(folder.path, "link.txt"), content: "ours" }]);
  expect(await readFile(target, "utf8")).toBe("not ours");
});
