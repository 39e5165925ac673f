import { type StructuredPatchHunk, structuredPatch } from "diff";

/** A unified diff with one line of context. */
export interface CodeDiff {
  /** Without a line end after its last line. */
  text: string;
  added: number;
  removed: number;
}

/** A diff that was made to fit. */
export interface FittedDiff {
  text: string;
  hunks: number;
  /** Hunks that are left out of `text`. */
  leftOut: number;
}

/** Beyond this number of changed lines the shortest diff is not searched for: that takes quadratic time. */
const maxSearchedChanges = 1000;

/**
 * The unified diff of two sources in the form of Python's `difflib.unified_diff`: labels `a/{from}` and `b/{to}`, one
 * line of context, lengths of 1 left out. Undefined where the sources are equal. Both end in a line end or are
 * empty, as `strippedSource` returns them; applying the diff to the first gives the second. Sources that differ in
 * thousands of lines are diffed as one block, so that the time stays bounded and the result the same everywhere.
 */
export function codeDiff(
  base: string,
  target: string,
  labels: { from: string; to: string },
): CodeDiff | undefined {
  if (base === target) return undefined;
  const options = { context: 1, maxEditLength: maxSearchedChanges };
  const hunks = structuredPatch("", "", base, target, "", "", options)?.hunks ?? [wholeChange(base, target)];
  const lines = [`--- a/${labels.from}`, `+++ b/${labels.to}`];
  let added = 0;
  let removed = 0;
  for (const hunk of hunks) {
    lines.push(
      `@@ -${range(hunk.oldStart, hunk.oldLines)} +${range(hunk.newStart, hunk.newLines)} @@`,
      ...hunk.lines,
    );
    for (const line of hunk.lines) {
      if (line.startsWith("+")) added += 1;
      else if (line.startsWith("-")) removed += 1;
    }
  }
  return { text: lines.join("\n"), added, removed };
}

/**
 * Leaves whole hunks out of a diff until it has at most `maxLines` lines and `maxChars` characters, header lines
 * included. Hunks stay in their order; one that is too long does not keep a later, shorter one out. A hunk is never
 * cut. When something is left out, a last line says how much.
 */
export function fitDiff(diff: string, limits: { maxLines?: number; maxChars?: number }): FittedDiff {
  const maxLines = limits.maxLines ?? Infinity;
  const maxChars = limits.maxChars ?? Infinity;
  const { head, hunks } = splitHunks(diff);
  const whole: FittedDiff = { text: diff, hunks: hunks.length, leftOut: 0 };
  if (lineCount(diff) <= maxLines && diff.length <= maxChars) return whole;

  const note = (leftOut: number, lines: number) =>
    `(${leftOut} of ${hunks.length} hunks left out, ${lines} lines)`;
  const longestNote = note(hunks.length, lineCount(diff)).length + 1;
  let lines = lineCount(head) + 1;
  let chars = head.length + longestNote;
  const kept: string[] = [];
  let leftOutLines = 0;
  for (const hunk of hunks) {
    const hunkLines = lineCount(hunk);
    if (lines + hunkLines <= maxLines && chars + hunk.length + 1 <= maxChars) {
      kept.push(hunk);
      lines += hunkLines;
      chars += hunk.length + 1;
    } else leftOutLines += hunkLines;
  }
  const leftOut = hunks.length - kept.length;
  return {
    text: [head, ...kept, note(leftOut, leftOutLines)].join("\n"),
    hunks: hunks.length,
    leftOut,
  };
}

/** Lines of code in a diff start with a blank, `+` or `-`, so that `@@` at a line start is always a hunk header. */
function splitHunks(diff: string): { head: string; hunks: string[] } {
  const [head = "", ...hunks] = diff.split(/\n(?=@@)/);
  return { head, hunks };
}

function lineCount(text: string): number {
  return text.split("\n").length;
}

/** `start,length` as difflib prints it: no length for one line, the line before for none. */
function range(start: number, length: number): string {
  if (length === 1) return String(start);
  return `${length === 0 ? start - 1 : start},${length}`;
}

/** Everything between the common first and last lines, taken out and put in again. */
function wholeChange(base: string, target: string): StructuredPatchHunk {
  const before = linesOf(base);
  const after = linesOf(target);
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < shorter - head && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;

  const first = Math.max(0, head - 1);
  const contextAfter = tail > 0 ? 1 : 0;
  const removed = before.slice(head, before.length - tail);
  const added = after.slice(head, after.length - tail);
  return {
    oldStart: first + 1,
    oldLines: head - first + removed.length + contextAfter,
    newStart: first + 1,
    newLines: head - first + added.length + contextAfter,
    lines: [
      ...before.slice(first, head).map((line) => ` ${line}`),
      ...removed.map((line) => `-${line}`),
      ...added.map((line) => `+${line}`),
      ...before
        .slice(before.length - tail)
        .slice(0, contextAfter)
        .map((line) => ` ${line}`),
    ],
  };
}

function linesOf(text: string): string[] {
  return text === "" ? [] : text.replace(/\n$/, "").split("\n");
}
