/** Lines of code are shorter; the rest of a longer one is no example. */
const maxLine = 200;

/**
 * The hunks of a unified diff that tell most, in their order, within a number of lines; without file headers.
 * Hunks whose changed lines hold one of `names` come first, then short ones. A hunk is never cut, except when
 * the chosen one alone is too long: then its changed lines go first.
 */
export function diffExcerpt(diff: string, names: readonly string[], maxLines: number): string {
  const hunks: string[][] = [];
  for (const line of diff.split("\n")) {
    if (line.startsWith("--- ") || line.startsWith("+++ ")) continue;
    if (line.startsWith("@@")) hunks.push([]);
    else hunks.at(-1)?.push(line);
  }
  const ranked = [...hunks].sort((a, b) => hits(b, names) - hits(a, names) || a.length - b.length);
  const chosen = new Set<string[]>();
  let used = 0;
  for (const hunk of ranked) {
    if (chosen.size > 0 && used + hunk.length + 1 > maxLines) continue;
    chosen.add(hunk);
    used += Math.min(hunk.length, maxLines) + 1;
  }
  const shown: string[] = [];
  for (const hunk of hunks) {
    if (!chosen.has(hunk)) continue;
    if (shown.length > 0) shown.push("@@");
    shown.push(...(hunk.length <= maxLines ? hunk : changedFirst(hunk, maxLines)));
  }
  const left = hunks.length - chosen.size;
  if (left > 0) shown.push(`@@ ${left} more ${left === 1 ? "place" : "places"}, not shown`);
  return unindent(shown)
    .map((line) => (line.length <= maxLine ? line : `${line.slice(0, maxLine)}...`))
    .join("\n");
}

/** How many of the names stand in changed lines of a hunk. */
function hits(hunk: readonly string[], names: readonly string[]): number {
  const changed = hunk.filter((line) => line.startsWith("+") || line.startsWith("-")).join("\n");
  return names.filter((name) => changed.includes(name)).length;
}

/** Added lines are what a reader needs; removed ones fill the rest. */
function changedFirst(hunk: readonly string[], maxLines: number): string[] {
  const changed = hunk.filter((line) => line.startsWith("+") || line.startsWith("-"));
  if (changed.length <= maxLines) return changed;
  let added = maxLines - 1;
  let removed = Math.max(0, maxLines - 1 - changed.filter((line) => line.startsWith("+")).length);
  const shown = changed
    .filter((line) => (line.startsWith("+") ? added-- > 0 : removed-- > 0))
    .slice(0, maxLines - 1);
  return [...shown, `@@ ${changed.length - shown.length} more lines, not shown`];
}

/** Takes away the blanks that all lines share after their sign. */
function unindent(lines: readonly string[]): string[] {
  const code = lines.filter((line) => !line.startsWith("@@") && line.slice(1).trim() !== "");
  const shared = Math.min(...code.map((line) => /^.\s*/.exec(line)?.[0].length ?? 1), 40);
  return lines.map((line) =>
    line.startsWith("@@") ? line : line.slice(0, 1) + line.slice(Math.max(1, shared)),
  );
}
