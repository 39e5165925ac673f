import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, rename, rm, rmdir } from "node:fs/promises";
import { dirname, join, basename } from "node:path";
import { Failure, reasonOf } from "../failure.ts";

export interface StagedFile {
  /** Absolute path. */
  path: string;
  content: string | Uint8Array;
}

/**
 * Writes several files so that a full disk or a crash leaves the old ones whole: everything goes to temporary
 * names beside the targets and is synced, and only then renamed into place. Throws `Failure` (exit code 2).
 */
export async function writeStaged(files: readonly StagedFile[]): Promise<void> {
  const staged: { from: string; to: string }[] = [];
  const madeFolders: string[] = [];
  try {
    for (const { path, content } of files) {
      const made = await mkdir(dirname(path), { recursive: true });
      if (made !== undefined) madeFolders.push(made);
      const from = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
      staged.push({ from, to: path });
      const handle = await open(from, "wx", 0o644);
      try {
        await handle.writeFile(content);
        await handle.sync();
      } finally {
        await handle.close();
      }
    }
    for (const { from, to } of staged) await rename(from, to);
    for (const folder of new Set(staged.map(({ to }) => dirname(to)))) await syncFolder(folder);
  } catch (error) {
    await Promise.allSettled(staged.map(({ from }) => rm(from, { force: true })));
    for (const folder of madeFolders.reverse()) await removeEmpty(folder);
    throw new Failure(`Writing ${basename(files[0]?.path ?? "a file")} failed: ${reasonOf(error)}.`, {
      remedy: "Make room or give write permission, and run it again; nothing was changed.",
      exitCode: 2,
      cause: error,
    });
  }
}

/** Makes the renames themselves durable; some file systems cannot sync a folder, which is no reason to fail. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch {
    return;
  }
}

/** Folders that were made for a write that failed go again, deepest first, as long as they are empty. */
async function removeEmpty(folder: string): Promise<void> {
  try {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (entry.isDirectory()) await removeEmpty(join(folder, entry.name));
    }
    await rmdir(folder);
  } catch {
    return;
  }
}
