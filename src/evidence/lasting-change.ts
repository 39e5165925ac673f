import { structuredPatch } from "diff";

/** Beyond this number of changed lines all changes count: the search for single places takes quadratic time. */
const maxChanges = 1000;

/**
 * `base` with those changes towards `target` only that still stand in `final`. Between a failure and the next attempt a
 * program often changes more than what helps; what was taken back before the version that passed did not. New lines
 * count when they are in `final`, and with them the lines that went for them; lines that only went count when they are
 * not in `final`. All three end in a line end or are empty.
 */
export function withLastingChanges(base: string, target: string, final: string): string {
  const options = { context: 0, maxEditLength: maxChanges };
  const hunks = structuredPatch("", "", base, target, "", "", options)?.hunks;
  if (hunks === undefined) return target;
  const places = new Map<string, number>();
  for (const [index, line] of linesOf(final).entries()) if (!places.has(line)) places.set(line, index);
  const lines = linesOf(base);
  const kept: string[] = [];
  let next = 0;
  for (const hunk of hunks) {
    // For a hunk that only adds, too, `oldStart` is the line before which it stands: texts of hunks number otherwise.
    const from = hunk.oldStart - 1;
    const [removed, added] = [linesWith("-", hunk.lines), linesWith("+", hunk.lines)];
    kept.push(...lines.slice(next, from), ...lastingLines(removed, added, places));
    next = from + removed.length;
  }
  kept.push(...lines.slice(next));
  return kept.length === 0 ? "" : `${kept.join("\n")}\n`;
}

/** What stands in the place of `removed` when only lasting changes are made. `final` holds the lines of the last version. */
function lastingLines(
  removed: readonly string[],
  added: readonly string[],
  final: ReadonlyMap<string, number>,
): string[] {
  const lasts = (line: string): boolean => final.has(line);
  if (added.length === 0)
    return removed.some((line) => line.trim() !== "" && lasts(line)) ? [...removed] : [];
  // As many lines as before are read as lines that were rewritten, each for itself.
  if (added.length === removed.length) {
    return added.map((line, index) => (lasts(line) ? line : (removed[index] ?? line)));
  }
  const came = added.filter(lasts);
  if (came.length === 0) return [...removed];
  const stayed = came.length === added.length ? [] : removed.filter(lasts);
  return [...stayed, ...came].sort((a, b) => (final.get(a) ?? 0) - (final.get(b) ?? 0));
}

function linesWith(sign: "+" | "-", lines: readonly string[]): string[] {
  return lines.filter((line) => line.startsWith(sign)).map((line) => line.slice(1));
}

function linesOf(text: string): string[] {
  return text === "" ? [] : text.replace(/\n$/, "").split("\n");
}
