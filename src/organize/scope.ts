import { dirname } from "node:path/posix";
import type { FrontMatter } from "../skills/front-matter.ts";
import { dslKey } from "../skills/skill-name.ts";

/** The scope of skills that name none: sessions and what people wrote for any of their work. */
export const generalScope = "general";

/** Folders that tell how a skill came about, not what it is for. */
const kindFolders = new Set(["evolved-improvement", "evolved-fix", "evolved"]);

/**
 * The part of a library that a skill is organised with: the folder that distilled skills of a scope lie in, else the
 * DSL that it names, else the first folder below the library.
 */
export function scopeOf(path: string, { metadata }: FrontMatter): string {
  const folders = dirname(dirname(path))
    .split("/")
    .filter((folder) => folder !== ".");
  const [first, second] = folders;
  if (first !== undefined && second !== undefined && kindFolders.has(second))
    return dslKey(first) || generalScope;
  const dsl = dslKey(metadata["dsl"] ?? "");
  if (dsl !== "") return dsl;
  return (first === undefined || kindFolders.has(first) ? "" : dslKey(first)) || generalScope;
}

/** Whether a skill lists errors and fixes; such skills are split and never merged with others. */
export function isFixSkill(path: string, { metadata }: FrontMatter): boolean {
  const kind = metadata["category"] ?? metadata["case_type"] ?? "";
  return kind === "fix" || dirname(dirname(path)).split("/").includes("evolved-fix");
}

/** Why two skills must not become one, as a clause; null where they may. */
export function conflictBetween(one: FrontMatter, other: FrontMatter): string | null {
  for (const key of ["dsl", "backend"]) {
    const [left, right] = [dslKey(one.metadata[key] ?? ""), dslKey(other.metadata[key] ?? "")];
    if (left !== "" && right !== "" && left !== right)
      return `one is for the ${key} ${left}, the other for ${right}`;
  }
  const [left, right] = [hardwareOf(one), hardwareOf(other)];
  const isShared = left.some((name) => right.includes(name));
  if (left.length === 0 || right.length === 0 || isShared) return null;
  return `one is for ${left.join(", ")}, the other for ${right.join(", ")}`;
}

function hardwareOf({ metadata }: FrontMatter): string[] {
  return (metadata["hardware"] ?? "")
    .toLowerCase()
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}
