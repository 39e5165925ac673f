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
  const extended = await fileChange(ignored, folder.path, { force: false });
  expect(extended).toMatchObject({ change: "extended", content: "node_modules/\n.overproof/runs/\n" });
  await writeFile(join(folder.path, ".gitignore"), extended.content ?? "");
  expect(await fileChange(ignored, folder.path, { force: false })).toMatchObject({ change: "unchanged" });
});

test("leaves a file alone that is no UTF-8, and one that lies behind a link", async () => {
  await using folder = await temporaryFolder();
  await writeFile(
    join(folder.path, ".gitignore"),
    Buffer.from("node_modules/\n", "utf16le").fill(0xff, 0, 2),
  );
  expect(await fileChange(ignored, folder.path, { force: true })).toMatchObject({
    change: "kept",
    content: undefined,
  });
  await using other = await temporaryFolder();
  await writeFile(join(other.path, "shared"), "dist/\n");
  await symlink(join(other.path, "shared"), join(other.path, ".gitignore"));
  expect(await fileChange(ignored, other.path, { force: true })).toMatchObject({
    change: "kept",
    content: undefined,
  });
});

test("names another Action in a workflow that nobody changed, and in no other", async () => {
  await using folder = await temporaryFolder();
  const text = (action: string): string => `jobs:\n  a:\n    steps:\n      - uses: ${action}\n`;
  const workflow = { kind: "whole", path: "w.yml", content: text("me/overproof@v1") } as StartingFile;
  const asked = { force: false, action: "me/overproof@v1" };
  await writeFile(join(folder.path, "w.yml"), text("OWNER/overproof@v1"));
  expect(await fileChange(workflow, folder.path, asked)).toMatchObject({ change: "replaced", own: 0 });
  expect(await fileChange(workflow, folder.path, { force: false })).toMatchObject({ change: "unchanged" });
  await writeFile(join(folder.path, "w.yml"), `# Mine.\n${text("OWNER/overproof@v1")}`);
  expect(await fileChange(workflow, folder.path, asked)).toMatchObject({ change: "kept" });
});
