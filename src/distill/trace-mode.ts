import { lstat, readdir } from "node:fs/promises";
import { realPath } from "../files/real-path.ts";
import type { Mode } from "./material.ts";

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
