import { type Document, isCollection, isMap, isScalar, type Pair, Scalar, type YAMLMap } from "yaml";
import type { FrontMatter, FrontMatterBlock } from "./front-matter.ts";
import {
  doubleQuoted,
  singleLine,
  writtenCompatibility,
  writtenDescription,
  writtenKey,
} from "./written-value.ts";

/**
 * Fields to set. A metadata entry that is null and an optional field that is empty are removed; what is not named
 * stays byte for byte.
 */
export type FrontMatterEdit = Partial<Omit<FrontMatter, "metadata">> & {
  metadata?: Record<string, string | null>;
};

interface Splice {
  start: number;
  end: number;
  text: string;
}

/** The fields with one text as value, in the order in which they are written. */
const textFields = [
  { key: "name", property: "name", written: (text: string) => text },
  { key: "description", property: "description", written: writtenDescription },
  { key: "license", property: "license", written: singleLine },
  { key: "compatibility", property: "compatibility", written: writtenCompatibility },
  { key: "allowed-tools", property: "allowedTools", written: singleLine },
] as const;

/** What `writeSkillFile` and `editSkillFile` make of values; fields without a value are left out. */
export function writtenFrontMatter(frontMatter: FrontMatter): FrontMatter {
  const license = singleLine(frontMatter.license ?? "");
  const compatibility = writtenCompatibility(frontMatter.compatibility ?? "");
  const allowedTools = singleLine(frontMatter.allowedTools ?? "");
  return {
    name: frontMatter.name,
    description: writtenDescription(frontMatter.description),
    ...(license === "" ? {} : { license }),
    ...(compatibility === "" ? {} : { compatibility }),
    metadata: Object.fromEntries(
      Object.entries(frontMatter.metadata).map(([key, value]) => [key, singleLine(value)]),
    ),
    ...(allowedTools === "" ? {} : { allowedTools }),
  };
}

/**
 * The source of a front matter with some fields changed. Only the changed values are rewritten, so comments, the
 * order of keys, quoting and line ends stay. `document` must be read from `block.source`, `current` from both.
 */
export function editFrontMatter(
  block: FrontMatterBlock,
  document: Document.Parsed,
  current: FrontMatter,
  edit: FrontMatterEdit,
): string {
  const { source } = block;
  const root: unknown = document.contents;
  if (!isMap(root)) return source;
  const lineEnd = source.includes("\r\n") ? "\r\n" : "\n";
  const indent = indentOf(root, source);
  const splices: Splice[] = [];
  let previous = pairOf(root, "name");
  for (const { key, property, written } of textFields) {
    const pair = pairOf(root, key);
    const value = edit[property];
    const text = value === undefined ? undefined : written(value);
    if (text === "") {
      if (pair) splices.push({ ...linesOf(pair, source), text: "" });
    } else if (text !== undefined && text !== current[property]) {
      if (pair) splices.push(replaceValue(pair, text, source, lineEnd));
      else
        splices.push(insertAt(endOf(previous, source), `${indent}${key}: ${doubleQuoted(text)}${lineEnd}`));
    }
    previous = pair ?? previous;
  }
  splices.push(...editMetadata(root, current.metadata, edit.metadata ?? {}, source, lineEnd));
  return applySplices(source, splices);
}

function editMetadata(
  root: YAMLMap,
  current: Record<string, string>,
  edit: Record<string, string | null>,
  source: string,
  lineEnd: string,
): Splice[] {
  const present = new Map(Object.entries(current));
  const pair = pairOf(root, "metadata");
  const map: unknown = pair?.value;
  const exists = (key: string): boolean => isMap(map) && pairOf(map, key) !== undefined;
  const changes = Object.entries(edit)
    .map(([key, value]): [string, string | null] => [key, value === null ? null : singleLine(value)])
    .filter(([key, text]) => (text === null ? exists(key) : present.get(key) !== text));
  if (changes.length === 0) return [];

  if (pair && isMap(map) && !map.flow) return editEntries(pair, map, changes, source, lineEnd);

  const wanted = new Map(present);
  for (const [key, text] of changes) {
    if (text === null) wanted.delete(key);
    else wanted.set(key, text);
  }
  const indent = indentOf(root, source);
  const lines = metadataLines([...wanted], indent).map((line) => line + lineEnd);
  const text = wanted.size === 0 ? "" : lines.join("");
  return [pair ? { ...linesOf(pair, source), text } : insertAt(source.length, text)];
}

/** `metadata:` and its entries as lines without line ends. */
export function metadataLines(entries: readonly [key: string, value: string][], indent: string): string[] {
  return [
    `${indent}metadata:`,
    ...entries.map(([key, value]) => `${indent}  ${writtenKey(key)}: ${doubleQuoted(value)}`),
  ];
}

function editEntries(
  metadata: Pair,
  map: YAMLMap,
  changes: readonly [key: string, text: string | null][],
  source: string,
  lineEnd: string,
): Splice[] {
  const splices: Splice[] = [];
  const indent = indentOf(map, source);
  let left = map.items.length;
  let added = "";
  for (const [key, text] of changes) {
    const pair = pairOf(map, key);
    if (text === null) {
      if (!pair) continue;
      splices.push({ ...linesOf(pair, source), text: "" });
      left -= 1;
    } else if (pair) {
      splices.push(replaceValue(pair, text, source, lineEnd));
    } else {
      added += `${indent}${writtenKey(key)}: ${doubleQuoted(text)}${lineEnd}`;
    }
  }
  if (left === 0 && added === "") {
    // Without entries the key must go too; comments between the entries stay.
    const start = lineStart(startOf(metadata), source);
    return [{ start, end: source.indexOf("\n", start) + 1, text: "" }, ...splices];
  }
  return added === "" ? splices : [...splices, insertAt(endOf(map.items.at(-1), source), added)];
}

function pairOf(map: YAMLMap, key: string): Pair | undefined {
  return map.items.find((pair: Pair) => isScalar(pair.key) && pair.key.value === key);
}

function indentOf(map: YAMLMap, source: string): string {
  const first = startOf(map.items[0]);
  return " ".repeat(first - lineStart(first, source));
}

function startOf(pair: Pair | undefined): number {
  return isScalar(pair?.key) ? (pair.key.range?.[0] ?? 0) : 0;
}

function lineStart(offset: number, source: string): number {
  return offset === 0 ? 0 : source.lastIndexOf("\n", offset - 1) + 1;
}

/** Where the line after the last line of a pair starts. */
function endOf(pair: Pair | undefined, source: string): number {
  let last = pair;
  while (isMap(last?.value) && !last.value.flow && last.value.items.length > 0)
    last = last.value.items.at(-1);
  const value: unknown = last?.value;
  const end = isScalar(value) || isCollection(value) ? (value.range?.[1] ?? 0) : startOf(last);
  return source[end - 1] === "\n" ? end : source.indexOf("\n", end) + 1 || source.length;
}

function linesOf(pair: Pair, source: string): { start: number; end: number } {
  return { start: lineStart(startOf(pair), source), end: endOf(pair, source) };
}

function replaceValue(pair: Pair, text: string, source: string, lineEnd: string): Splice {
  const value: unknown = pair.value;
  const isText = isScalar(value);
  const range = isText || isCollection(value) ? value.range : undefined;
  const keyEnd = isScalar(pair.key) ? (pair.key.range?.[1] ?? 0) : 0;
  const colon = source.indexOf(":", keyEnd) + 1;
  const [start, end] = range ?? [colon, colon];
  if (isText && end > start) {
    const isBlock = value.type === Scalar.BLOCK_LITERAL || value.type === Scalar.BLOCK_FOLDED;
    return { start, end, text: doubleQuoted(text) + (isBlock ? lineEnd : "") };
  }
  const valueEnd = isText ? colon : end;
  const closing = source[valueEnd - 1] === "\n" ? lineEnd : "";
  return { start: colon, end: valueEnd, text: ` ${doubleQuoted(text)}${closing}` };
}

function insertAt(position: number, text: string): Splice {
  return { start: position, end: position, text };
}

function applySplices(source: string, splices: readonly Splice[]): string {
  let edited = "";
  let copied = 0;
  for (const { start, end, text } of splices.toSorted((one, other) => one.start - other.start)) {
    edited += source.slice(copied, start) + text;
    copied = end;
  }
  return edited + source.slice(copied);
}
