import { lstat, readFile, rm } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import type { LibraryHome } from "../config/library-home.ts";
import { sha256 } from "../digest.ts";
import { realPath } from "../files/real-path.ts";
import { writeStaged } from "../files/staged-write.ts";

/*
 * A journal that a stranger committed arrives with a checkout, but nothing that is committed arrives in git's own folder:
 * there lies the digest of the journal that was written here.
 */

/** Marks a journal as written here. Does nothing outside of a working copy. Throws `Failure` (exit code 2). */
export async function markJournal(home: LibraryHome, text: string): Promise<void> {
  const file = await markerFile(home);
  if (file !== undefined) await writeStaged([{ path: file, content: sha256(text), root: dirname(file) }]);
}

/** Whether a journal was written here; outside of a working copy every one counts as that. */
export async function isMarked(home: LibraryHome, text: string): Promise<boolean> {
  const file = await markerFile(home);
  return file === undefined || (await readFile(file, "utf8").catch(() => undefined)) === sha256(text);
}

export async function removeMarker(home: LibraryHome): Promise<void> {
  const file = await markerFile(home);
  if (file !== undefined) await rm(file, { force: true });
}

/** In the git folder of the working copy around the home; a working copy may hold several libraries with homes of theirs. */
async function markerFile({ home }: LibraryHome): Promise<string | undefined> {
  const real = await realPath(home);
  for (let top = real; ; top = dirname(top)) {
    const folder = await gitFolder(top);
    if (folder !== undefined) {
      const name = sha256(relative(top, real).split(sep).join("/")).slice(0, 16);
      return join(folder, `overproof-journal-${name}`);
    }
    if (top === dirname(top)) return undefined;
  }
}

/** In a linked working tree and in a submodule `.git` is a file that names the folder (gitrepository-layout(5)). */
async function gitFolder(top: string): Promise<string | undefined> {
  const git = join(top, ".git");
  const found = await lstat(git).catch(() => undefined);
  if (found === undefined) return undefined;
  if (!found.isFile()) return git;
  const named = /^gitdir: (.+)/.exec(await readFile(git, "utf8"))?.[1];
  return named === undefined ? undefined : resolve(top, named);
}
