import type { CodeChange, LineChange } from "./code-change.ts";

/** The changed lines of a unified diff without its headers, trimmed. */
export function changedLines(diff: string): LineChange {
  const changed: LineChange = { removed: [], added: [] };
  for (const line of diff.split("\n")) {
    if (line.startsWith("--- ") || line.startsWith("+++ ")) continue;
    const text = line.slice(1).trim();
    if (text === "") continue;
    if (line.startsWith("-")) changed.removed.push(text);
    else if (line.startsWith("+")) changed.added.push(text);
  }
  return changed;
}

/** Lines that bring names into a file change nothing by themselves. */
const preamble = /^(?:import\b|from\b|#\s*include\b|using\b)/;

/** The places of a diff in which nothing stands that the change names: they are changes of their own. */
export function unnamedPlaces(diff: string, change: CodeChange): LineChange[] {
  const names = namesOf(change);
  const places: LineChange[] = [];
  for (const hunk of diff.split(/^@@.*$/m).slice(1)) {
    const { removed, added } = changedLines(hunk);
    const place = { removed: removed.filter(isCode), added: added.filter(isCode) };
    if (differsInBlanks(place)) continue;
    const lines = [...place.removed, ...place.added].map(squeeze);
    if (lines.length > 0 && !lines.some((line) => names.some((name) => line.includes(name))))
      places.push(place);
  }
  return places;
}

/** Blanks inside of lines do nothing; those before them may, in Python. */
function differsInBlanks({ removed, added }: LineChange): boolean {
  const text = (lines: readonly string[], form: (line: string) => string): string =>
    lines.map(form).join("\n");
  const trimmed = (line: string): string => line.trim();
  return text(removed, squeeze) === text(added, squeeze) && text(removed, trimmed) !== text(added, trimmed);
}

/** How many lines came (or only went) that hold nothing that the change names. */
export function unnamedLines(diff: string, change: CodeChange): number {
  const names = namesOf(change);
  const { removed, added } = changedLines(diff);
  return (added.length > 0 ? added : removed)
    .filter(isCode)
    .map(squeeze)
    .filter((line) => !names.some((name) => line.includes(name))).length;
}

/** Words by which a change is found in lines of code, without blanks. */
export function namesOf(change: CodeChange): string[] {
  return [
    ...change.settings.map((setting) => setting.name.replace(/^argument \d+$/, setting.owner)),
    ...change.callsAdded,
    ...change.callsRemoved,
    ...[...change.constructsAdded, ...change.constructsRemoved].map((construct) =>
      construct.replace(/^\w+: (?=\S+$)/, ""),
    ),
    ...change.lines.flatMap((lines) => [...lines.removed, ...lines.added]),
  ].map(squeeze);
}

function isCode(line: string): boolean {
  return !preamble.test(line) && /\w/.test(line);
}

function squeeze(text: string): string {
  return text.replaceAll(/\s+/g, "");
}
