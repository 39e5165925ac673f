import { symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../test/run.ts";
import { fileChange } from "./file-change.ts";
import type { StartingFile } from "./starting-files.ts";

const ignored = { kind: "lines", path: ".gitignore", lines: [".overproof/runs/"] } as StartingFile;

test("adds lines that are missing at the end, and none twice", async () => {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, ".gitignore"), "node_modules/");
  const extended = await fileChange(ignored, folder.path, false);
  expect(extended).toMatchObject({ change: "extended", content: "node_modules/\n.overproof/runs/\n" });
  await writeFile(join(folder.path, ".gitignore"), extended.content ?? "");
  expect(await fileChange(ignored, folder.path, false)).toMatchObject({ change: "unchanged" });
});

test("leaves a file alone that is no UTF-8, and one that lies behind a link", async () => {
  await using folder = await temporaryFolder();
  await writeFile(
    join(folder.path, ".gitignore"),
    Buffer.from("node_modules/\n", "utf16le").fill(0xff, 0, 2),
  );
  expect(await fileChange(ignored, folder.path, true)).toMatchObject({ change: "kept", content: undefined });
  await using other = await temporaryFolder();
  await writeFile(join(other.path, "shared"), "dist/\n");
  await symlink(join(other.path, "shared"), join(other.path, ".gitignore"));
  expect(await fileChange(ignored, other.path, true)).toMatchObject({ change: "kept", content: undefined });
});
