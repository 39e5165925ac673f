import { looksRandom } from "./secret-value.ts";

/** A part of a text, in UTF-16 units. */
export interface Piece {
  from: number;
  to: number;
}

/** What ends a line of a key, also where the key was put into a string of code, into HTML or into an address. */
const lineBreak = /\r\n?|\n|\u2028|(?:\\{1,8}[nr])+|<br[ \t]{0,4}\/?>|&#(?:1[03]|x0?[ad]);|%0[ad]/gi;

/** What may stand around the text of a line: the marks of a diff, a quotation, a listing with numbers, of code. */
const marginBefore = /^(?:[ \t]{0,40}\d{1,6}[ \t:|→]{1,8})?[ \t+\-|>#"'`]{0,80}/;
const marginAfter = /[ \t"'`,;+\\]{0,40}$/;
const keyText = /^[A-Za-z0-9+/]+={0,2}$/;
const run = /[A-Za-z0-9+/]{16,}={0,2}/g;
const lastRun = /[A-Za-z0-9+/]{1,80}={0,2}$/;
/** The end of a key whose lines were put behind each other. */
const shortTail = /^[ \t]{1,4}([A-Za-z0-9+/]{1,15}={0,2})$/;
const header =
  /^(?:Proc-Type|DEK-Info|Version|Comment|Hash|Charset|MessageID|Subject|Content-[\w-]{1,40}|X-[\w-]{1,40}): /;

/** A piece shorter than this may be a word. */
const minPiece = 16;
const fullLine = 40;
const maxLines = 500;
const maxLineLength = 4096;
const maxPrefix = 160;
/** Other output may come between the lines of a key that has an end; so many lines of it. */
const maxGap = 3;

/** The lines of a part of a text; at most as many as a key has, and none that is too long for one. */
export function* linesOf(text: string, from: number, to: number): Generator<Piece, undefined> {
  let start = from;
  for (let lines = 0; lines < maxLines && start <= to; lines++) {
    lineBreak.lastIndex = start;
    const found = lineBreak.exec(text);
    const end = found === null || found.index >= to ? to : found.index;
    if (end - start > 8 * maxLineLength) return;
    yield { from: start, to: end };
    if (found === null || found.index >= to) return;
    start = found.index + found[0].length;
  }
}

/**
 * Where the text of a key begins in a line that starts as another one does, up to its figures: a time, the name of a
 * container, a file and the number of a line. `at` is the place of the marker in that other line.
 */
export function prefixBefore(text: string, at: number): RegExp | null {
  const near = text.slice(Math.max(0, at - maxPrefix), at);
  const before = near.split(lineBreak).at(-1) ?? "";
  if (before === "" || (before.length === near.length && at > maxPrefix)) return null;
  const shape = before.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&").replaceAll(/\d+/g, "\\d+");
  return new RegExp(shape, "y");
}

/** A line without what stands around the key's text. */
export function withoutMargins(text: string, { from, to }: Piece, prefix: RegExp | null): Piece {
  let start = from;
  if (prefix) {
    prefix.lastIndex = from;
    if (prefix.test(text) && prefix.lastIndex <= to) start = prefix.lastIndex;
  }
  const line = text.slice(start, to);
  const before = marginBefore.exec(line)?.[0].length ?? 0;
  const after = marginAfter.exec(line.slice(Math.max(before, line.length - 80)))?.[0].length ?? 0;
  // A "+" at the edge may be base64's own; a full line of a key is then one character shorter, which is harmless.
  return { from: start + before, to: Math.max(start + before, to - after) };
}

/** The text of a key up to its end marker, whatever stands around each line; nothing where it is no key. */
export function closedBody(text: string, from: number, to: number, prefix: RegExp | null): Piece[] {
  const pieces: Piece[] = [];
  const lines: Piece[] = [];
  let last: Piece | undefined;
  let gap = 0;
  for (const line of linesOf(text, from, to)) {
    const found = withoutMargins(text, line, prefix);
    const words = text.slice(found.from, found.to);
    if (words === "" || header.test(words)) continue;
    lines.push(found);
    const here = keyText.test(words) ? [found] : runsOf(text, found);
    const tail = shortTail.exec(text.slice(here.at(-1)?.to ?? found.to, found.to))?.[1];
    if (tail !== undefined) here.push({ from: found.to - tail.length, to: found.to });
    pieces.push(...here);
    gap = here.length > 0 ? 0 : gap + 1;
    last = here.length > 0 ? undefined : found;
    if (gap > maxGap) break;
  }
  if (pieces.some((piece) => isKeyRun(text.slice(piece.from, piece.to)))) {
    const rest = last && lastRun.exec(text.slice(last.from, last.to))?.[0];
    if (last && rest !== undefined) pieces.push({ from: last.to - rest.length, to: last.to });
    return pieces;
  }
  return isUnreadKey(lines.map((line) => text.slice(line.from, line.to)).join("\n")) ? lines : [];
}

/** The text of a key without an end marker, until something else begins. */
export function openBody(text: string, from: number, to: number, prefix: RegExp | null): Piece[] {
  const pieces: Piece[] = [];
  const short: Piece[] = [];
  let isFirst = true;
  for (const line of linesOf(text, from, to)) {
    const isOwn = isFirst;
    isFirst = false;
    const found = isOwn ? line : withoutMargins(text, line, prefix);
    const words = text.slice(found.from, found.to);
    if (isOwn) {
      const beside = besideMarker(text, line);
      pieces.push(...beside);
      // Only quotes and signs of code may follow the marker on its own line.
      if (beside.length === 0 && /[A-Za-z0-9]{3}/.test(words.slice(0, 80))) break;
      if (words.length > maxLineLength) break;
      continue;
    }
    if (words === "") continue;
    if (header.test(words)) {
      if (pieces.length > 0) break;
      continue;
    }
    const isFollowing = lengthOf(pieces.at(-1)) >= fullLine;
    if (keyText.test(words) && (words.length >= minPiece || isFollowing) && words.length <= maxLineLength) {
      pieces.push(found);
      continue;
    }
    const runs = runsOf(text, found).filter(
      (piece) =>
        lengthOf(piece) >= fullLine || (isFollowing && looksRandom(text.slice(piece.from, piece.to))),
    );
    if (runs.length > 0) pieces.push(...runs);
    else if (pieces.length === 0 && keyText.test(words)) short.push(found);
    else break;
  }
  if (pieces.length > 0) return pieces;
  const all = short.map((piece) => text.slice(piece.from, piece.to)).join("");
  return all.length >= 24 && isMixed(all) ? short : [];
}

/** The text of a key whose beginning is missing, from its end marker upwards, not above `limit`. */
export function bodyAbove(text: string, marker: number, limit: number, prefix: RegExp | null): Piece[] {
  const pieces: Piece[] = [];
  let to = marker;
  for (let lines = 0; lines < maxLines && to > limit; lines++) {
    const at = Math.max(text.lastIndexOf("\n", to - 1), limit - 1);
    if (to - at > maxLineLength) break;
    const line = withoutMargins(text, { from: at + 1, to: text[to - 1] === "\r" ? to - 1 : to }, prefix);
    const isKey = keyText.test(text.slice(line.from, line.to));
    const isRest = isKey && pieces.length === 0;
    const runs = isKey ? [] : runsOf(text, line).filter((piece) => lengthOf(piece) >= fullLine);
    if (isKey && (lengthOf(line) >= minPiece || isRest)) pieces.unshift(line);
    else if (runs.length > 0) pieces.unshift(...runs);
    else if (line.from < line.to || lines > 0) break;
    to = at;
  }
  return pieces.some((piece) => lengthOf(piece) >= fullLine) ? pieces : [];
}

/** The first lines of a part of a text, so many of them as a file of PuTTY counts. */
export function countedLines(text: string, part: Piece, count: number, prefix: RegExp | null): Piece[] {
  const pieces: Piece[] = [];
  let number = 0;
  for (const line of linesOf(text, part.from, part.to)) {
    if (number > count) break;
    number++;
    // The first one is the rest of the line that says how many there are.
    if (number === 1) continue;
    const found = withoutMargins(text, line, prefix);
    if (keyText.test(text.slice(found.from, found.to))) pieces.push(found);
    else pieces.push(...runsOf(text, found));
  }
  return pieces;
}

/** Whether the line below a marker may hold a key that was not read: letters with figures, and no words. */
export function looksUnread(text: string, from: number, to: number): boolean {
  let number = 0;
  for (const line of linesOf(text, from, to)) {
    const words = text.slice(line.from, Math.min(line.to, line.from + maxLineLength));
    if (number === 0 && /[A-Za-z0-9]{3}/.test(words)) return false;
    number++;
    if (number > 1 && words.trim() !== "")
      return /(?=[^\s\d]{0,200}\d)(?=[^\sA-Za-z]{0,200}[A-Za-z])[^\s[\]<>(){}]{12,}/.test(words);
    if (number > 3) return false;
  }
  return false;
}

/** A key whose line ends were lost: long pieces with spaces between them, or none. */
const keyOnOneLine =
  /[ \t]{0,4}([A-Za-z0-9+/]{16,}={0,2}(?:[ \t]{1,4}[A-Za-z0-9+/]{16,}={0,2})*(?:[ \t]{1,4}[A-Za-z0-9+/]{1,15}={0,2}(?=[ \t]{0,4}-----))?)/y;

function besideMarker(text: string, line: Piece): Piece[] {
  keyOnOneLine.lastIndex = line.from;
  const words = keyOnOneLine.exec(text)?.[1];
  if (words === undefined) return [];
  const to = Math.min(keyOnOneLine.lastIndex, line.to);
  const from = keyOnOneLine.lastIndex - words.length;
  return to > from ? [{ from, to }] : [];
}

function runsOf(text: string, { from, to }: Piece): Piece[] {
  return [...text.slice(from, to).matchAll(run)].map((found) => ({
    from: from + found.index,
    to: from + found.index + found[0].length,
  }));
}

function lengthOf(piece: Piece | undefined): number {
  return piece === undefined ? 0 : piece.to - piece.from;
}

function isMixed(text: string): boolean {
  return /[a-z]/.test(text) && /[A-Z]/.test(text) && /\d/.test(text);
}

/** Base64 of a key and no path or name of the same letters. */
function isKeyRun(text: string): boolean {
  return text.length >= fullLine ? isMixed(text) : looksRandom(text);
}

/** A key that was cut into small parts: nearly nothing but letters of base64 and space. */
function isUnreadKey(text: string): boolean {
  if (text.length > 16 * maxLineLength) return false;
  const own = text.match(/[A-Za-z0-9+/=]/g)?.length ?? 0;
  const other = text.match(/[^A-Za-z0-9+/=\s]/g)?.length ?? 0;
  return own >= 32 && other * 10 <= own && isMixed(text);
}
