import { codeDiff } from "./code-diff.ts";

/**
 * The text of files as an agent wrote them, as far as it can be followed. A file that is written as a whole for a
 * second time can then be told as what changed. Nothing is ever read from a disk.
 */
export interface WrittenFiles {
  texts: Map<string, string>;
  characters: number;
}

const maxFiles = 60;
const maxText = 60_000;
const maxCharacters = 1_000_000;

export function noWrittenFiles(): WrittenFiles {
  return { texts: new Map(), characters: 0 };
}

/**
 * Follows a patch, and returns the patch to show: of a file that was written before and is written anew, the
 * difference; of any other the patch itself.
 */
export function followPatch(files: WrittenFiles, path: string, patch: string): string {
  const hunks = hunksOf(patch);
  const before = files.texts.get(path);
  if (/^--- \/dev\/null$/m.test(patch) && hunks.length === 1) {
    const text = `${(hunks[0] ?? []).map((line) => line.slice(1)).join("\n")}\n`;
    remember(files, path, text);
    if (before === undefined) return patch;
    return codeDiff(before, text, { from: path, to: path })?.text ?? "";
  }
  if (before !== undefined) {
    const after = applied(before, hunks);
    if (after === undefined) forget(files, path);
    else remember(files, path, after);
  }
  return patch;
}

/** The patches of single files that a patch is made of, by the file's name after it. */
export function filePatches(patch: string): { path: string; patch: string }[] {
  const files: { path: string; lines: string[] }[] = [];
  const lines = patch.split("\n");
  for (const [index, line] of lines.entries()) {
    const next = lines[index + 1] ?? "";
    if (line.startsWith("--- ") && next.startsWith("+++ ")) {
      const name = next === "+++ /dev/null" ? line : next;
      files.push({ path: name.slice(4).replace(/^[ab]\//, ""), lines: [] });
    }
    files.at(-1)?.lines.push(line);
  }
  return files.map(({ path, lines }) => ({ path, patch: lines.join("\n") }));
}

/** The lines of each hunk, with their signs. */
function hunksOf(patch: string): string[][] {
  const hunks: string[][] = [];
  for (const line of patch.split("\n")) {
    if (line.startsWith("@@")) hunks.push([]);
    else if (line.startsWith("--- ") || line.startsWith("+++ ")) continue;
    else hunks.at(-1)?.push(line);
  }
  return hunks;
}

/** Hunks tell an old and a new text, which may begin and end in the middle of lines. */
function applied(text: string, hunks: readonly (readonly string[])[]): string | undefined {
  let after = text;
  for (const hunk of hunks) {
    const side = (sign: string): string =>
      hunk
        .filter((line) => !line.startsWith(sign))
        .map((line) => line.slice(1))
        .join("\n");
    const from = side("+");
    const at = after.indexOf(from);
    if (from === "" || at < 0) return undefined;
    after = `${after.slice(0, at)}${side("-")}${after.slice(at + from.length)}`;
  }
  return after;
}

function remember(files: WrittenFiles, path: string, text: string): void {
  forget(files, path);
  if (text.length > maxText) return;
  files.texts.set(path, text);
  files.characters += text.length;
  for (const oldest of files.texts.keys()) {
    if (files.texts.size <= maxFiles && files.characters <= maxCharacters) break;
    forget(files, oldest);
  }
}

function forget(files: WrittenFiles, path: string): void {
  files.characters -= files.texts.get(path)?.length ?? 0;
  files.texts.delete(path);
}
