import { link, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { temporaryFolder } from "../../test/run.ts";
import { sha256 } from "../digest.ts";
import { answerWithFiles, producedFiles } from "./produced-files.ts";

it("finds what is new or changed, highest first, and what is wanted before all", async () => {
  await using folder = await temporaryFolder();
  await mkdir(join(folder.path, "a/deep"), { recursive: true });
  const texts = { "same.txt": "same", "changed.txt": "after", "z.txt": "new", "a/deep/wanted.txt": "w" };
  for (const [path, text] of Object.entries(texts)) await writeFile(join(folder.path, path), text);
  await writeFile(join(folder.path, "bytes"), Buffer.from([0xff, 0xfe]));
  const before = new Map([
    ["same.txt", sha256("same")],
    ["changed.txt", sha256("before")],
  ]);
  const files = await producedFiles(folder.path, before, ["a/deep/wanted.txt"]);
  expect([...files.keys()]).toEqual(["a/deep/wanted.txt", "bytes", "changed.txt", "z.txt"]);
  expect(files.get("z.txt")).toEqual({ bytes: 3, sha256: sha256("new"), text: "new" });
  expect(files.get("bytes")).toMatchObject({ bytes: 2, text: null });
});

it("passes over links of both kinds, and stops at its limits", async () => {
  await using folder = await temporaryFolder();
  const work = join(folder.path, "work");
  await mkdir(work);
  await writeFile(join(folder.path, "secret"), "secret");
  await symlink(join(folder.path, "secret"), join(work, "soft"));
  await symlink(folder.path, join(work, "folder"));
  await link(join(folder.path, "secret"), join(work, "hard"));
  expect(await producedFiles(work, new Map(), ["soft", "hard", "folder/secret"])).toEqual(new Map());
  for (let index = 0; index < 250; index += 1) await writeFile(join(work, `f${index}`), `${index}`);
  expect((await producedFiles(work, new Map(), ["f249"])).size).toBe(200);
  expect((await producedFiles(work, new Map(), ["f249"])).has("f249")).toBe(true);
});

it("tells files after an answer, and only the digest of what is long or no text", () => {
  const files = new Map([
    ["a.txt", { bytes: 2, sha256: "a".repeat(64), text: "hi" }],
    ["b.txt", { bytes: 30_000, sha256: "b".repeat(64), text: "x".repeat(30_000) }],
    ["c", { bytes: 9e9, sha256: null, text: null }],
  ]);
  expect(answerWithFiles("Done.", files)).toBe(
    `Done.\n\nFile "a.txt", 2 bytes, SHA-256 ${"a".repeat(64)}:\nhi` +
      `\n\nFile "b.txt", 30000 bytes, SHA-256 ${"b".repeat(64)}.\n\nFile "c", 9000000000 bytes, SHA-256 not taken.`,
  );
});
