import { isUtf8 } from "node:buffer";
import { constants } from "node:fs";
import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { reasonOf, usageFailure } from "../failure.ts";
import type { Problem } from "./lint-rules.ts";
import { maximumSkillFile } from "./skill-file.ts";

/** A file or folder below a library; `path` is POSIX and relative to it. Either its text or why there is none. */
export type FoundFile = { path: string; text: string } | { path: string; problem: Problem };

const skippedFolders = new Set([".git", "node_modules", ".archive"]);

/**
 * Every `SKILL.md` (in any spelling) below a folder, sorted by path, at any depth. Symbolic links are reported,
 * never followed. A missing folder holds nothing; a folder below that cannot be read is reported in its place.
 */
export async function findSkillFiles(folder: string): Promise<FoundFile[]> {
  const found: FoundFile[] = [];
  const files: string[] = [];
  const waiting = [""];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    let entries;
    try {
      entries = await readdir(join(folder, path), { withFileTypes: true });
    } catch (thrown) {
      if (path === "") return emptyUnlessBroken(folder, thrown);
      found.push({ path, problem: unreadable(thrown) });
      continue;
    }
    for (const entry of entries) {
      const below = path === "" ? entry.name : `${path}/${entry.name}`;
      if (/^skill\.md$/i.test(entry.name) && !entry.isDirectory()) files.push(below);
      else if (skippedFolders.has(entry.name)) continue;
      else if (entry.isDirectory()) waiting.push(below);
      else if (entry.isSymbolicLink() && (await leadsToFolder(join(folder, below)))) {
        found.push({ path: below, problem: { rule: "symlink-folder", line: 1 } });
      }
    }
  }
  for (const path of files) found.push({ path, ...(await readSkillText(join(folder, path))) });
  return found.toSorted((one, other) => (one.path < other.path ? -1 : 1));
}

function emptyUnlessBroken(folder: string, thrown: unknown): FoundFile[] {
  if (isCode(thrown, "ENOENT")) return [];
  if (isCode(thrown, "ENOTDIR")) {
    throw usageFailure(`${folder} is a file.`, "Name the folder that holds the skills.", thrown);
  }
  throw usageFailure(
    `The folder ${folder} cannot be read: ${reasonOf(thrown)}.`,
    "Check its permissions.",
    thrown,
  );
}

async function leadsToFolder(link: string): Promise<boolean> {
  try {
    return (await stat(link)).isDirectory();
  } catch {
    return false;
  }
}

/** The text of one file, or why it has none. Links, pipes and devices are not opened for reading. */
export async function readSkillText(path: string): Promise<{ text: string } | { problem: Problem }> {
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const stats = await file.stat();
    if (!stats.isFile()) return { problem: unreadable("it is not a regular file") };
    if (stats.size > maximumSkillFile) return { problem: { rule: "file-size", line: 1 } };
    const bytes = await file.readFile();
    if (!isUtf8(bytes)) return { problem: { rule: "encoding", line: firstBadLine(bytes) } };
    return { text: bytes.toString("utf8") };
  } catch (thrown) {
    return { problem: isCode(thrown, "ELOOP") ? { rule: "symlink-file", line: 1 } : unreadable(thrown) };
  }
}

/** A line feed is never part of a longer UTF-8 sequence, so lines can be judged one by one. */
function firstBadLine(bytes: Buffer): number {
  let line = 1;
  let start = 0;
  for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
    if (!isUtf8(bytes.subarray(start, end))) return line;
    start = end + 1;
    line += 1;
  }
  return line;
}

function unreadable(thrown: unknown): Problem {
  return { rule: "file-unreadable", line: 1, values: [reasonOf(thrown)] };
}

function isCode(thrown: unknown, code: string): boolean {
  return thrown instanceof Error && "code" in thrown && thrown.code === code;
}
