import { mkdir, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  type EvidenceFile,
  maximumEvidenceFile,
  readEvidenceFiles,
  writeEvidenceFile,
} from "./evidence-file.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "evidence-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const file = (skill: string): EvidenceFile => ({
  format: 1,
  skill,
  path: `s/${skill}/SKILL.md`,
  traces: [],
  claims: [],
  evidence: [],
});

const refusal = (message: string): object => ({
  name: "Failure",
  exitCode: 2,
  message: expect.stringContaining(message) as string,
});

test("reads the files of a folder by skill, and none from a folder that is missing", async () => {
  await writeFile(join(folder, "rows.json"), writeEvidenceFile(file("rows")));
  await writeFile(join(folder, "notes.txt"), "not evidence");
  expect([...(await readEvidenceFiles(folder)).values()]).toEqual([file("rows")]);
  expect(await readEvidenceFiles(join(folder, "missing"))).toEqual(new Map());
});

test("refuses a folder with the name of a file", async () => {
  await mkdir(join(folder, "rows.json"));
  await expect(readEvidenceFiles(folder)).rejects.toMatchObject(
    refusal("rows.json cannot be read: illegal operation on a directory"),
  );
});

test("refuses a file in the folder's place", async () => {
  await writeFile(join(folder, "file"), "");
  await expect(readEvidenceFiles(join(folder, "file"))).rejects.toMatchObject(refusal("cannot be read"));
});

test("refuses a file that is not named after its skill", async () => {
  await writeFile(join(folder, "rows.json"), writeEvidenceFile(file("columns")));
  await expect(readEvidenceFiles(folder)).rejects.toMatchObject(refusal('another skill, "columns"'));
});

test("refuses a file over the size limit without reading it", async () => {
  await writeFile(join(folder, "rows.json"), "");
  await truncate(join(folder, "rows.json"), maximumEvidenceFile + 1);
  await expect(readEvidenceFiles(folder)).rejects.toMatchObject(refusal("larger than 64 MiB"));
});

test.each([
  ["{", "rows.json is not JSON"],
  ["[]", "rows.json is not an evidence file: "],
  [JSON.stringify({ ...file("rows"), evidence: [{}] }), "rows.json is not an evidence file: evidence.0.id: "],
])("says what is wrong with the content %s", async (content, message) => {
  await writeFile(join(folder, "rows.json"), content);
  await expect(readEvidenceFiles(folder)).rejects.toMatchObject(refusal(message));
});
