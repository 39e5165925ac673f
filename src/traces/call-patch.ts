import { structuredPatch } from "diff";

/** Beyond this number of changed lines the shortest diff is not searched for: that takes quadratic time. */
const maxSearchedChanges = 500;

/** A change of one file as part of a patch. Hunks without a position start with a bare `@@`. */
function filePatch(from: string | null, to: string | null, body: string[]): string {
  return [
    `--- ${from === null ? "/dev/null" : `a/${from.replace(/^\/+/, "")}`}`,
    `+++ ${to === null ? "/dev/null" : `b/${to.replace(/^\/+/, "")}`}`,
    ...body,
  ].join("\n");
}

/** The patch of a file that is written as a whole; what was there before is not known. */
export function writePatch(path: string, content: string): string {
  return filePatch(null, path, ["@@", ...linesOf(content).map((line) => `+${line}`)]);
}

/** The patch of replacements in one file, in their order, with what the old and the new text share as context. */
export function replacePatch(path: string, replacements: readonly { from: string; to: string }[]): string {
  return filePatch(
    path,
    path,
    replacements.flatMap(({ from, to }) => hunksOf(from, to)),
  );
}

function hunksOf(from: string, to: string): string[] {
  const options = { context: 3, maxEditLength: maxSearchedChanges };
  const hunks = structuredPatch("", "", from, to, "", "", options)?.hunks;
  if (hunks === undefined)
    return ["@@", ...linesOf(from).map((line) => `-${line}`), ...linesOf(to).map((line) => `+${line}`)];
  return hunks.flatMap((hunk) => ["@@", ...hunk.lines.filter((line) => !line.startsWith("\\"))]);
}

/** A patch that the agent wrote itself, and the files it names. */
export interface ToldPatch {
  patch: string;
  paths: string[];
}

/**
 * Reads a patch in the envelope of `apply_patch` (`*** Begin Patch`), or a unified diff with or without its file
 * lines. `path` names the file where the patch does not. Undefined for a text that is neither.
 */
export function toldPatch(
  text: string,
  path: string | null,
  nameOf: (path: string) => string,
): ToldPatch | undefined {
  const lines = linesOf(text.replaceAll("\r\n", "\n"));
  if (lines.some((line) => envelopeLine.test(line))) return envelopePatch(lines, nameOf);
  if (lines.some((line) => line.startsWith("+++ ")) && lines.some((line) => line.startsWith("--- ")))
    return unifiedPatch(lines, nameOf);
  if (path !== null && lines.some((line) => /^[+-]/.test(line))) {
    const body = lines[0]?.startsWith("@@") === true ? lines : ["@@", ...lines];
    return { patch: filePatch(path, path, body), paths: [path] };
  }
  return undefined;
}

const envelopeLine = /^\*\*\* (Add|Update|Delete) File: (.+)$/;

function envelopePatch(lines: readonly string[], nameOf: (path: string) => string): ToldPatch {
  const files: { from: string | null; to: string | null; body: string[] }[] = [];
  const paths = new Set<string>();
  for (const line of lines) {
    const [, action, told] = envelopeLine.exec(line) ?? [];
    const file = files.at(-1);
    if (told !== undefined) {
      const name = nameOf(told.trim());
      paths.add(name);
      files.push({
        from: action === "Add" ? null : name,
        to: action === "Delete" ? null : name,
        body: action === "Add" ? ["@@"] : [],
      });
    } else if (line.startsWith("*** Move to: ")) {
      const name = nameOf(line.slice("*** Move to: ".length).trim());
      paths.add(name);
      if (file !== undefined) file.to = name;
    } else if (file !== undefined && !line.startsWith("*** ")) {
      if (file.body.length === 0 && !line.startsWith("@@")) file.body.push("@@");
      file.body.push(line.startsWith("@@") || /^[ +-]/.test(line) ? line : ` ${line}`);
    }
  }
  return {
    patch: files.map((file) => filePatch(file.from, file.to, file.body)).join("\n"),
    paths: [...paths],
  };
}

function unifiedPatch(lines: readonly string[], nameOf: (path: string) => string): ToldPatch {
  const kept: string[] = [];
  const paths = new Set<string>();
  let inHunk = false;
  for (const [index, line] of lines.entries()) {
    const next = lines[index + 1] ?? "";
    if (line.startsWith("--- ") && next.startsWith("+++ ")) {
      inHunk = false;
      kept.push(fileLine("--- ", "a/", line, paths, nameOf), fileLine("+++ ", "b/", next, paths, nameOf));
    } else if (line.startsWith("@@")) {
      inHunk = true;
      kept.push(line);
    } else if (inHunk && /^[ +-]/.test(line) && !(line.startsWith("+++ ") && isFilePair(lines, index))) {
      kept.push(line);
    } else if (line.startsWith("diff --git ")) inHunk = false;
  }
  return { patch: kept.join("\n"), paths: [...paths] };
}

function isFilePair(lines: readonly string[], index: number): boolean {
  return lines[index - 1]?.startsWith("--- ") === true;
}

function fileLine(
  mark: string,
  prefix: string,
  line: string,
  paths: Set<string>,
  nameOf: (path: string) => string,
): string {
  const told = (line.slice(mark.length).split("\t")[0] ?? "").trim();
  if (told === "/dev/null") return `${mark}/dev/null`;
  const name = nameOf(told.startsWith(prefix) ? told.slice(prefix.length) : told);
  paths.add(name);
  return `${mark}${prefix}${name}`;
}

function linesOf(text: string): string[] {
  return text === "" ? [] : text.replace(/\n$/, "").split("\n");
}
