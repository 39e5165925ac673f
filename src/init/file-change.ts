import { isUtf8 } from "node:buffer";
import { lstat, readFile } from "node:fs/promises";
import { join } from "node:path";
import { diffLines } from "diff";
import { reasonOf, usageFailure } from "../failure.ts";
import type { StartingFile } from "./starting-files.ts";

/** What becomes of one file. */
export interface FileChange {
  path: string;
  /**
   * `kept`: it is there and differs, and stays as it is. `extended`: lines are added at its end. `replaced`: it differed,
   * and was asked to be what it was in the beginning.
   */
  change: "created" | "unchanged" | "kept" | "extended" | "replaced";
  /** Lines of ours that it lacks, and lines that only it has. */
  missing: number;
  own: number;
  /** What it becomes; undefined where it stays as it is. */
  content: string | undefined;
}

/** Where a workflow names the Action: what stands there is no change of the file. */
const namedAction = /^([ \t]*(?:- )?uses: )[\w-]+\/overproof@[\w./-]+$/gm;

/**
 * Holds a file of the repository against what it should be. What somebody changed is kept unless `force` is set; lines
 * are only ever added. A workflow that differs in nothing but the Action names the one that was asked for. Throws `Failure` (exit code 2) for a file that is there and cannot be read.
 */
export async function fileChange(
  file: StartingFile,
  folder: string,
  { force, action }: { force: boolean; action?: string | undefined },
): Promise<FileChange> {
  const { path } = file;
  const bytes = await readFile(join(folder, path)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw usageFailure(
      `${path} cannot be read: ${reasonOf(error)}.`,
      "Move it away, and run this again.",
      error,
    );
  });
  const found = bytes?.toString("utf8");
  if (file.kind === "lines") {
    // What is no UTF-8, or lies somewhere else, is somebody's own: a rewritten copy would not be it.
    const isForeign =
      bytes !== undefined && (!isUtf8(bytes) || (await lstat(join(folder, path))).isSymbolicLink());
    if (isForeign) return { path, change: "kept", missing: file.lines.length, own: 0, content: undefined };
    return lineChange(file, found);
  }
  const { content } = file;
  const same = { path, missing: 0, own: 0, content: undefined };
  if (found === undefined) return { ...same, change: "created", content };
  if (found === content) return { ...same, change: "unchanged" };
  const isOurs = found.replaceAll(namedAction, "$1") === content.replaceAll(namedAction, "$1");
  if (isOurs && action === undefined) return { ...same, change: "unchanged" };
  if (isOurs) return { ...same, change: "replaced", content };
  let missing = 0;
  let own = 0;
  for (const { added, removed, count } of diffLines(found, content)) {
    if (added) missing += count;
    if (removed) own += count;
  }
  if (!force) return { path, change: "kept", missing, own, content: undefined };
  return { path, change: "replaced", missing, own, content };
}

function lineChange(
  { path, lines }: Extract<StartingFile, { kind: "lines" }>,
  found: string | undefined,
): FileChange {
  const there = new Set((found ?? "").split(/\r?\n/).map((line) => line.trim()));
  const missing = lines.filter((line) => !there.has(line));
  const base = { path, missing: 0, own: 0 };
  if (missing.length === 0) return { ...base, change: "unchanged", content: undefined };
  const before = found === undefined || found === "" || found.endsWith("\n") ? (found ?? "") : `${found}\n`;
  const content = `${before}${missing.join("\n")}\n`;
  return { ...base, change: found === undefined ? "created" : "extended", content };
}
