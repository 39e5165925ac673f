import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { git } from "../../test/github/git.ts";
import { blobId } from "./blob-id.ts";

test.each(["sha1", "sha256"])("is what git calls the same bytes, with %s", async (format) => {
  const folder = await mkdtemp(join(tmpdir(), "overproof-blob-"));
  try {
    await git(folder, ["init", "--quiet", `--object-format=${format}`]);
    for (const content of [Buffer.from(""), Buffer.from("größe\r\n"), Buffer.from([0, 255, 10])]) {
      const id = await git(folder, ["hash-object", "--stdin"], { input: content });
      expect(blobId(content, id)).toBe(id);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
