import { lstat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { LibraryHome } from "../config/library-home.ts";
import { type Failure, usageFailure } from "../failure.ts";
import { liesInside, realPath } from "../files/real-path.ts";
import { assertSeparatePaths } from "../git/path.ts";

/** Below the library, or below the folder that holds it and `.overproof/`. */
export const libraryPlaces = ["library", "home"] as const;
export type LibraryPlace = (typeof libraryPlaces)[number];

/** What a check of a change needs to know of it. */
type Planned = { in: LibraryPlace } & (
  | { do: "write" | "remove"; path: string }
  | { do: "move"; from: string; to: string }
);

export function baseOf(home: LibraryHome, place: LibraryPlace): string {
  return place === "library" ? home.library : home.home;
}

/**
 * Refuses (exit code 2) a place that is not reached by folders alone. `path` is a plain path below the library or the home;
 * what it names may itself be a link, which is replaced, moved or removed as such.
 */
export async function requireOwnPlace(home: LibraryHome, place: LibraryPlace, path: string): Promise<void> {
  const base = baseOf(home, place);
  // A configured library may itself be a link.
  if (place === "library" && !liesInside(await realPath(base), await realPath(home.root)))
    throw throughLink(base, base);
  let current = base;
  for (const name of path.split("/").slice(0, -1)) {
    current = join(current, name);
    const found = await lstat(current).catch(() => undefined);
    if (found === undefined) return;
    if (found.isSymbolicLink()) throw throughLink(join(base, path), current);
  }
}

/**
 * Refuses changes of which one would fail after others were made: a file where a folder is to be, a source that is gone,
 * a target that is there. Reads only. Throws `Failure`: exit code 1 for writes that exclude each other, 2 for the rest.
 */
export async function requirePossible(home: LibraryHome, changes: readonly Planned[]): Promise<void> {
  for (const place of libraryPlaces) {
    const own = changes.filter((change) => change.in === place);
    assertSeparatePaths(own.flatMap((change) => (change.do === "write" ? [change.path] : [])));
  }
  /** What is there once the changes before are made. */
  const made = new Set<string>();
  for (const change of changes) {
    const base = baseOf(home, change.in);
    const source = change.do === "move" ? change.from : change.do === "remove" ? change.path : undefined;
    const target = change.do === "move" ? change.to : change.do === "write" ? change.path : undefined;
    if (source !== undefined) {
      await requireOwnPlace(home, change.in, source);
      const file = join(base, source);
      if (!made.has(file) && !(await isThere(file))) throw impossible(`${file} is gone`);
      if (change.do === "remove" && (await isFolder(file))) throw impossible(`${file} is a folder`);
    }
    if (target !== undefined) {
      await requireOwnPlace(home, change.in, target);
      const file = join(base, target);
      const isInTheWay =
        change.do === "move" ? made.has(file) || (await isThere(file)) : await isFolder(file);
      if (isInTheWay) throw impossible(`${file} is there already`);
      await requireFolders(base, file);
      for (let part = file; part !== base && !made.has(part); part = dirname(part)) made.add(part);
    }
  }
}

/** Refuses a file whose folder, or one around it, is a file. */
async function requireFolders(base: string, file: string): Promise<void> {
  for (let folder = dirname(file); folder !== base; folder = dirname(folder)) {
    if ((await isThere(folder)) && !(await isFolder(folder))) throw impossible(`${folder} is a file`);
  }
}

async function isFolder(file: string): Promise<boolean> {
  return await lstat(file).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** Whether there is anything, be it a link that leads nowhere. */
export async function isThere(file: string): Promise<boolean> {
  return await lstat(file).then(
    () => true,
    () => false,
  );
}

function throughLink(path: string, link: string): Failure {
  return usageFailure(
    `${path} would be changed in another place than its own, because a link leads there: ${link}.`,
    "Replace the link by a folder.",
  );
}

function impossible(problem: string): Failure {
  return usageFailure(
    `The library cannot be changed: ${problem}.`,
    "Look at what else changed the library, and run this again; nothing was changed.",
  );
}
