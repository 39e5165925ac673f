import { randomUUID } from "node:crypto";
import { copyFile, link, lstat, mkdir, open, readdir, rename, rm, rmdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { Failure, reasonOf } from "../failure.ts";
import { requireInside } from "./real-path.ts";

export interface StagedFile {
  /** Absolute path. */
  path: string;
  content: string | Uint8Array;
  /** The folder that the file must stay in, wherever links lead. */
  root: string;
}

interface Staged {
  /** The temporary file beside the target. */
  from: string;
  to: string;
  /** The old file under another name, until all are in place; undefined where there was none. */
  old?: string;
  isPlaced: boolean;
}

/**
 * Writes several files so that a full disk or a crash leaves the old ones whole: everything goes to temporary
 * names beside the targets and is synced, and only then renamed into place. Where a rename fails, those before it
 * are undone. Throws `Failure` (exit code 2), also for a file that a link would send outside of its root.
 */
export async function writeStaged(files: readonly StagedFile[]): Promise<void> {
  for (const { path, root } of files) await requireInside(path, root);
  const staged: Staged[] = [];
  const madeFolders: string[] = [];
  let current = files[0]?.path ?? "";
  try {
    for (const { path, content } of files) {
      current = path;
      const made = await mkdir(dirname(path), { recursive: true });
      if (made !== undefined) madeFolders.push(made);
      const from = temporaryName(path);
      staged.push({ from, to: path, isPlaced: false });
      const handle = await open(from, "wx", 0o644);
      try {
        await handle.writeFile(content);
        await handle.sync();
      } finally {
        await handle.close();
      }
    }
    for (const file of staged) {
      current = file.to;
      await place(file);
    }
  } catch (error) {
    const kept = await undo(staged);
    for (const folder of madeFolders.toReversed()) await removeEmpty(folder);
    const state = kept.length === 0 ? "nothing was changed" : `only ${kept.join(" and ")} was changed`;
    throw new Failure(`Writing ${current} failed: ${systemReason(error)}.`, {
      remedy: `Make room or give write permission, and run it again; ${state}.`,
      exitCode: 2,
      cause: error,
    });
  }
  for (const { old } of staged) if (old !== undefined) await rm(old, { force: true }).catch(() => undefined);
  for (const folder of new Set(staged.map(({ to }) => dirname(to)))) await syncFolder(folder);
}

function temporaryName(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
}

/** Renames a temporary file into place, with the old file kept beside it. */
async function place(file: Staged): Promise<void> {
  const found = await lstat(file.to).catch(() => undefined);
  if (found && !found.isDirectory()) {
    const old = temporaryName(file.to);
    file.old = old;
    // Some file systems have no hard links.
    await link(file.to, old).catch(() => copyFile(file.to, old));
  }
  await rename(file.from, file.to);
  file.isPlaced = true;
}

/** Puts every old file back and removes what is temporary. Returns the targets for which that failed. */
async function undo(staged: readonly Staged[]): Promise<string[]> {
  const kept: string[] = [];
  for (const { from, to, old, isPlaced } of staged.toReversed()) {
    await rm(from, { force: true }).catch(() => undefined);
    try {
      if (isPlaced) await (old === undefined ? rm(to) : rename(old, to));
      else if (old !== undefined) await rm(old, { force: true });
    } catch {
      kept.push(to);
    }
  }
  return kept;
}

/** What the system says, without the call and its path: that would be a temporary name. */
function systemReason(error: unknown): string {
  const reason = reasonOf(error);
  const isSystem = error instanceof Error && "syscall" in error;
  return isSystem ? reason.replace(/, [a-z]+(?: '.*)?$/, "") : reason;
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
