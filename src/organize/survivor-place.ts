import { dirname } from "node:path/posix";
import { longestName, sanitizeName } from "../skills/skill-name.ts";

/** Characters of a scope that a name begins with, so that some are left for what it is about. */
const longestScope = 40;
/** Characters of a proposed name that are looked at. */
const longestAnswer = 400;

/**
 * The name of a survivor: `{scope}-merged-{feature}`, or `{scope}-fix-{feature}` for a part of a fix skill. What a model
 * proposes loses everything that is no lower-case letter, digit or hyphen, and its own prefix. A taken name gets a number.
 */
export function survivorName(
  proposed: string,
  {
    scope,
    prefix,
    feature,
    isTaken,
  }: {
    scope: string;
    prefix: "merged" | "fix";
    feature: string;
    isTaken: (name: string) => boolean;
  },
): string {
  const before = `${cut(scope, longestScope)}-${prefix}-`.replace(/^-/, "");
  const plain = sanitizeName(proposed.slice(0, longestAnswer), { dsl: scope, prefix, op: feature });
  const ends = [`${scope}-${prefix}-`, before, `${prefix}-`, `${scope}-`].find((start) =>
    plain.startsWith(start),
  );
  const own = plain.slice(ends?.length ?? 0);
  const isBare = own === "" || [scope, prefix, `${scope}-${prefix}`].includes(own);
  const wish = cut(
    `${before}${isBare ? sanitizeName(feature, { dsl: "", prefix, op: "skills" }) : own}`,
    longestName,
  );
  let name = wish;
  for (let n = 2; isTaken(name); n += 1) {
    const ending = `-${n}`;
    name = `${cut(wish, longestName - ending.length)}${ending}`;
  }
  return name;
}

function cut(name: string, length: number): string {
  return name.slice(0, length).replace(/-+$/, "");
}

/**
 * The folder that a survivor goes to, below the library, with a slash at its end or empty: that of its sources where
 * they share one, else the folder for evolved skills of their scope, else the deepest folder that holds them all.
 */
export function survivorFolder(paths: readonly string[]): string {
  const parents = paths.map((path) => foldersOf(dirname(dirname(path))));
  const [first = [], ...others] = parents;
  let shared = first.length;
  for (const other of others) {
    let equal = 0;
    while (equal < shared && first[equal] === other[equal]) equal += 1;
    shared = equal;
  }
  const common = first.slice(0, shared);
  const isTheirs = parents.every((parent) => parent.length === shared);
  const folder = isTheirs || common.length !== 1 ? common : [...common, "evolved-improvement"];
  return folder.length === 0 ? "" : `${folder.join("/")}/`;
}

function foldersOf(folder: string): string[] {
  return folder === "." ? [] : folder.split("/");
}
