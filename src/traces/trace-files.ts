import { lstat, readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { reasonOf, usageFailure } from "../failure.ts";
import { baseState, eventFolder } from "./event-folder.ts";

const maxFiles = 10_000;
const maxDepth = 16;

/** Something that may be a session: a file, or a folder of events. */
export interface Candidate {
  kind: "file" | "events";
  /** Relative to the root, with slashes; empty for a root that is a folder of events itself. */
  file: string;
  /** Logs of its sub-agents, where it is a session of Claude Code: `<name>/subagents/agent-*.jsonl`. */
  subagents: string[];
}

export interface Candidates {
  root: string;
  found: Candidate[];
  /** What was not looked at, with the reason. */
  skipped: { file: string; reason: string }[];
}

/**
 * The files that a path names: itself, or all files below it in the order of their names. Folders and files whose names begin with a
 * dot are passed over, as are the folders `without`; links, pipes and devices are never followed. Throws `Failure` (exit code 2) for a path that
 * does not exist or is no file and no folder.
 */
export async function traceFiles(path: string, without: readonly string[] = []): Promise<Candidates> {
  let found;
  try {
    found = await lstat(path);
  } catch (error) {
    throw usageFailure(
      `${path} cannot be opened (${reasonOf(error)}).`,
      "Pass the path of an existing trace.",
      error,
    );
  }
  if (found.isFile()) {
    const root = dirname(path);
    const file = basename(path);
    return { root, found: [{ kind: "file", file, subagents: await subagentLogs(root, file) }], skipped: [] };
  }
  if (!found.isDirectory())
    throw usageFailure(
      `${path} is no regular file and no folder.`,
      "Pass the trace itself; links, pipes and devices are not read.",
    );
  return filesBelow(path, new Set(without));
}

async function filesBelow(root: string, without: ReadonlySet<string>): Promise<Candidates> {
  const found: Candidate[] = [];
  const skipped: Candidates["skipped"] = [];
  const folders = [{ folder: "", depth: 0 }];
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    const { folder, depth } = next;
    const entries = await namesIn(join(root, folder));
    const inside = (name: string) => (folder === "" ? name : `${folder}/${name}`);
    if (
      entries.some(({ name, kind }) => name === eventFolder && kind === "folder") &&
      entries.some(({ name }) => name === baseState)
    ) {
      found.push({ kind: "events", file: folder, subagents: [] });
      continue;
    }
    for (const { name, kind } of entries) {
      const file = inside(name);
      if (name.startsWith(".")) continue;
      if (kind === "other") skipped.push({ file, reason: "a link, a pipe or a device" });
      else if (kind === "file" && found.length >= maxFiles)
        skipped.push({ file, reason: `more than ${maxFiles} files` });
      else if (kind === "file") found.push({ kind, file, subagents: await subagentLogs(root, file) });
      else if (depth >= maxDepth) skipped.push({ file, reason: `more than ${maxDepth} folders deep` });
    }
    for (const { name, kind } of entries)
      if (kind === "folder" && !name.startsWith(".") && depth < maxDepth && !without.has(inside(name)))
        folders.push({ folder: inside(name), depth: depth + 1 });
  }
  const owned = new Set(found.flatMap(({ subagents }) => subagents));
  const own = found.filter(({ file }) => !owned.has(file));
  return { root, found: own.toSorted((a, b) => (a.file < b.file ? -1 : 1)), skipped };
}

async function subagentLogs(root: string, file: string): Promise<string[]> {
  if (!file.endsWith(".jsonl")) return [];
  const folder = `${file.slice(0, -".jsonl".length)}/subagents`;
  const entries = await namesIn(join(root, folder));
  return entries
    .filter(({ name, kind }) => kind === "file" && /^agent-.*\.jsonl$/.test(name))
    .slice(0, maxFiles)
    .map(({ name }) => `${folder}/${name}`);
}

async function namesIn(folder: string): Promise<{ name: string; kind: "file" | "folder" | "other" }[]> {
  let entries;
  try {
    // A link in the place of the folder would lead somewhere else.
    if (!(await lstat(folder)).isDirectory()) return [];
    entries = await readdir(folder, { withFileTypes: true });
  } catch {
    return [];
  }
  return entries
    .map((entry) => ({
      name: entry.name,
      kind: entry.isFile()
        ? ("file" as const)
        : entry.isDirectory()
          ? ("folder" as const)
          : ("other" as const),
    }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
