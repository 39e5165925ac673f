import { lstat, realpath } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, sep } from "node:path";
import { reasonOf, usageFailure } from "../failure.ts";

/** Where a path leads once every link in it is followed; the part that does not exist yet is kept as it is. */
export async function realPath(path: string): Promise<string> {
  const missing: string[] = [];
  for (let existing = path; ; existing = dirname(existing)) {
    try {
      return join(await realpath(existing), ...missing.toReversed());
    } catch (error) {
      const isLink = await lstat(existing).then(
        () => true,
        () => false,
      );
      if (isLink || existing === dirname(existing)) {
        throw usageFailure(
          `${existing} leads nowhere: ${reasonOf(error)}.`,
          "Remove that link, or make what it points to.",
          error,
        );
      }
      missing.push(basename(existing));
    }
  }
}

/** Whether `path` is `folder` or lies below it, by their names alone; both are absolute. */
export function liesInside(path: string, folder: string): boolean {
  const inside = relative(folder, path);
  return inside !== ".." && !inside.startsWith(`..${sep}`) && !isAbsolute(inside);
}

/**
 * Refuses (exit code 2) a file to be written whose folder is, by way of a link, outside of `root`. The file itself
 * may be a link: writing replaces it. A repository from a stranger could send our writes anywhere otherwise.
 */
export async function requireInside(path: string, root: string): Promise<void> {
  const [folder, within] = await Promise.all([realPath(dirname(path)), realPath(root)]);
  if (liesInside(folder, within)) return;
  throw usageFailure(
    `${path} would be written outside of ${root}, to ${folder}, because a link leads there.`,
    "Replace the link by a folder, or name another one.",
  );
}
