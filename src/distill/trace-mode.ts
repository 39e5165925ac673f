import { lstat, readdir } from "node:fs/promises";
import { compareText } from "../compare-text.ts";
import { realPath } from "../files/real-path.ts";
import type { Mode } from "./material.ts";

/** Bounds of the search below a folder; a library of traces is flat, and anything may be named. */
const maxFolders = 10_000;
const maxDepth = 16;

/**
 * How a path is read where nobody said: an AKG log folder with times as a search, one with verifications alone for its
 * fixes, an AKG conversation as expert tuning, and everything else as sessions of agents. Told by the names of files
 * that AKG always writes; what they hold is checked when they are read.
 */
export async function modeOfPath(path: string): Promise<Mode> {
  const real = await realPath(path);
  const names = await namesIn(real);
  if (names === undefined) return "session";
  if (names.has("verification_results.jsonl"))
    return (await hasTimes(real, names)) ? "search_log" : "error_fix";
  if (names.has("trace.json") && names.has("nodes")) return "expert_tuning";
  if (await hasTimes(real, names)) return "search_log";
  return names.has("nodes") || names.has("trace.json") ? "expert_tuning" : "session";
}

/** A log or a conversation below a folder, relative to it with slashes. */
export interface FolderTrace {
  folder: string;
  mode: Exclude<Mode, "session">;
}

/**
 * The logs and conversations somewhere below a folder, in the order of their names; none for a file. Only names that
 * AKG alone gives count here. What lies inside of one is part of it. Links and names that begin with a dot are passed
 * over, as for sessions.
 */
export async function folderTracesBelow(path: string): Promise<FolderTrace[]> {
  const found: FolderTrace[] = [];
  const folders = [{ folder: "", depth: 0 }];
  let seen = 0;
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    const { folder, depth } = next;
    for (const name of await foldersIn(`${path}/${folder}`)) {
      if (name.startsWith(".") || seen >= maxFolders) continue;
      seen += 1;
      const inside = folder === "" ? name : `${folder}/${name}`;
      const mode = await certainMode(`${path}/${inside}`);
      if (mode !== undefined) found.push({ folder: inside, mode });
      else if (depth + 1 < maxDepth) folders.push({ folder: inside, depth: depth + 1 });
    }
  }
  return found.toSorted((a, b) => compareText(a.folder, b.folder));
}

async function certainMode(path: string): Promise<FolderTrace["mode"] | undefined> {
  const names = await namesIn(path);
  if (names === undefined) return undefined;
  const isLog = names.has("verification_results.jsonl");
  if (await hasTimes(path, names)) return "search_log";
  if (isLog) return "error_fix";
  return names.has("trace.json") && names.has("nodes") ? "expert_tuning" : undefined;
}

async function foldersIn(path: string): Promise<string[]> {
  try {
    if (!(await lstat(path)).isDirectory()) return [];
    const entries = await readdir(path, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch {
    return [];
  }
}

/** Times stand in a lineage table, or in the profiling folder of an operator. */
async function hasTimes(path: string, names: ReadonlySet<string>): Promise<boolean> {
  if ([...names].some((name) => name.endsWith("_lineage_graph.md"))) return true;
  for (const name of names) {
    const inside = await namesIn(`${path}/${name}/profiling`);
    if (inside?.has("speed_up_record.txt") === true) return true;
  }
  return false;
}

/** Undefined for what is no folder; links below the named path are not followed. */
async function namesIn(path: string): Promise<ReadonlySet<string> | undefined> {
  try {
    return (await lstat(path)).isDirectory() ? new Set(await readdir(path)) : undefined;
  } catch {
    return undefined;
  }
}
