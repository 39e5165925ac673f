import { chmod, mkdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { filesBelow, temporaryFolder } from "../../test/run.ts";
import { writeStaged } from "./staged-write.ts";

function write(root: string, files: Record<string, string | Uint8Array>): Promise<void> {
  return writeStaged(
    Object.entries(files).map(([path, content]) => ({ path: join(root, path), content, root })),
  );
}

test("writes all files, makes their folders, and leaves no temporary file", async () => {
  await using folder = await temporaryFolder();
  await write(folder.path, { "a/b/one.txt": "1", "two.txt": new Uint8Array([50]) });
  await write(folder.path, { "two.txt": "3" });
  expect(await filesBelow(folder.path)).toEqual({ "a/b/one.txt": "1", "two.txt": "3" });
  expect((await stat(join(folder.path, "two.txt"))).mode & 0o111).toBe(0);
});

test("leaves every old file whole, and no new folder, when one write fails", async () => {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, "one.txt"), "old");
  await writeFile(join(folder.path, "blocked"), "a file where a folder is needed");
  const writing = write(folder.path, {
    "one.txt": "new",
    "fresh/two.txt": "new",
    "blocked/three.txt": "new",
  });
  await expect(writing).rejects.toMatchObject({ name: "Failure", exitCode: 2 });
  expect(await filesBelow(folder.path)).toEqual({
    "one.txt": "old",
    blocked: "a file where a folder is needed",
  });
  await expect(stat(join(folder.path, "fresh"))).rejects.toThrow("ENOENT");
});

test("puts files back that were in place already when a later one cannot be, and names no temporary file", async () => {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, "one.txt"), "old");
  await mkdir(join(folder.path, "three.txt"));
  const writing = write(folder.path, { "one.txt": "new", "two.txt": "new", "three.txt": "new" });
  await expect(writing).rejects.toMatchObject({
    message: `Writing ${join(folder.path, "three.txt")} failed: illegal operation on a directory.`,
    remedy: expect.stringContaining("nothing was changed"),
  });
  expect(await filesBelow(folder.path)).toEqual({ "one.txt": "old" });
});

test("replaces a link instead of writing through it", async () => {
  await using folder = await temporaryFolder();
  await mkdir(join(folder.path, "elsewhere"));
  const target = join(folder.path, "elsewhere", "target.txt");
  await writeFile(target, "not ours");
  await chmod(target, 0o644);
  await symlink(target, join(folder.path, "link.txt"));
  await write(folder.path, { "link.txt": "ours" });
  expect(await readFile(target, "utf8")).toBe("not ours");
});

test.each(["library/scope", "library", "dangling"])(
  "refuses to write where a link (%s) leads out of the root, before anything is written",
  async (name) => {
    await using folder = await temporaryFolder();
    await using outside = await temporaryFolder();
    const link = join(folder.path, name);
    await mkdir(join(link, ".."), { recursive: true });
    await symlink(name === "dangling" ? join(outside.path, "nothing") : outside.path, link);
    const writing = write(folder.path, { "first.txt": "new", [`${name}/x/SKILL.md`]: "new" });
    await expect(writing).rejects.toMatchObject({ name: "Failure", exitCode: 2 });
    expect(await filesBelow(folder.path)).toEqual({});
    expect(await filesBelow(outside.path)).toEqual({});
  },
);

test("a root that is a link itself is where its owner wants the files", async () => {
  await using folder = await temporaryFolder();
  await using outside = await temporaryFolder();
  const root = join(folder.path, "root");
  await symlink(outside.path, root);
  await write(root, { "a/one.txt": "1" });
  expect(await filesBelow(outside.path)).toEqual({ "a/one.txt": "1" });
});
