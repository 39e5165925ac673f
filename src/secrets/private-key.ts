import type { FoundSecret } from "./secret-kind.ts";

const begin = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g;
const end = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g;
const firstEnd = new RegExp(end.source);

/** What may stand around the text of a line: the marks of a diff, a quotation, a listing with numbers, of code. */
const marginBefore = /^(?:[ \t]{0,40}\d{1,6}[ \t:|→]{1,8})?[ \t+\-|>#"'`]{0,80}/;
const marginAfter = /(?:\\[nr]){0,2}[ \t"'`,;+\\]{0,40}\r?$/;
const keyText = /^[A-Za-z0-9+/]+={0,2}$/;
/** The last line of a key that ends inside of a string. */
const cutText = /^([A-Za-z0-9+/]{40,}={0,2})["'`\\<]/;
const header = /^(?:[A-Z][A-Za-z-]{1,40}: .{0,200})?$/;
/** A key whose line ends were lost: long pieces with spaces between them, or none. */
const keyOnOneLine =
  /[ \t]{0,4}([A-Za-z0-9+/]{16,}={0,2}(?:[ \t]{1,4}[A-Za-z0-9+/]{16,}={0,2})*(?:[ \t]{1,4}[A-Za-z0-9+/]{1,15}={0,2}(?=[ \t]{0,4}-----))?)/y;

/** A piece shorter than this may be a word; it belongs to a key only as the rest below a full line. */
const minPiece = 16;
const fullLine = 40;
const maxLines = 500;
const maxLineLength = 4096;

interface Piece {
  from: number;
  to: number;
}

/**
 * Private keys in PEM armour: of several lines, on one line, inside of a patch, without their end, and without their
 * beginning. Each line is a place of its own and all share one value, so that a masked patch keeps its lines.
 */
export function privateKeys(text: string): FoundSecret[] {
  if (!text.includes("PRIVATE KEY")) return [];
  const found: FoundSecret[] = [];
  let done = 0;
  for (const match of text.matchAll(begin)) {
    if (match.index < done) continue;
    const marker = { from: match.index, to: match.index + match[0].length };
    const body = bodyBelow(text, marker.to);
    done = marker.to;
    if (body.length === 0) continue;
    const last = body.at(-1)?.to ?? marker.to;
    const closing = endMarkerAfter(text, last);
    found.push(...placesOf(text, body, closing ? [marker, closing] : [marker]));
    done = closing?.to ?? last;
  }
  done = 0;
  const covered = new Set(found.map(({ from }) => from));
  for (const match of text.matchAll(end)) {
    const marker = { from: match.index, to: match.index + match[0].length };
    if (!covered.has(marker.from)) {
      const body = bodyAbove(text, marker.from, done);
      if (body.length > 0) found.push(...placesOf(text, body, [marker]));
    }
    done = marker.to;
  }
  return found;
}

/** The pieces of a key from a place on, until something else begins. */
function bodyBelow(text: string, from: number): Piece[] {
  keyOnOneLine.lastIndex = from;
  const inline = keyOnOneLine.exec(text);
  if (inline) {
    const piece = { from: keyOnOneLine.lastIndex - (inline[1] ?? "").length, to: keyOnOneLine.lastIndex };
    if (text[piece.to] !== "\n" && text[piece.to] !== "\r") return [piece];
    return [piece, ...linesBelow(text, piece.to)];
  }
  return linesBelow(text, from);
}

function linesBelow(text: string, from: number): Piece[] {
  const pieces: Piece[] = [];
  let at = text.indexOf("\n", from);
  // Only quotes and signs of code may follow the marker on its own line.
  if (at < 0 || at - from > 80 || /[A-Za-z0-9]{3}/.test(text.slice(from, at))) return pieces;
  for (let lines = 0; lines < maxLines && at >= 0; lines++) {
    const next = text.indexOf("\n", at + 1);
    const to = next < 0 ? text.length : next;
    if (to - at > maxLineLength) break;
    const piece = keyPiece(text, at + 1, to, pieces.at(-1));
    if (piece === "header") {
      if (pieces.length > 0 && text.slice(at + 1, to).trim() !== "") break;
    } else if (piece) pieces.push(piece);
    else break;
    at = next;
  }
  return pieces;
}

/** The pieces of a key whose beginning is missing, from its end marker upwards, not above `limit`. */
function bodyAbove(text: string, marker: number, limit: number): Piece[] {
  const pieces: Piece[] = [];
  let to = marker;
  for (let lines = 0; lines < maxLines && to > limit; lines++) {
    const at = Math.max(text.lastIndexOf("\n", to - 1), limit - 1);
    if (to - at > maxLineLength) break;
    const line = trimmed(text, at + 1, to);
    const isKey = keyText.test(text.slice(line.from, line.to));
    const isRest = isKey && pieces.length === 0;
    if (isKey && (line.to - line.from >= minPiece || isRest)) pieces.unshift(line);
    else if (line.from < line.to || lines > 0) break;
    to = at;
  }
  return pieces.some((piece) => piece.to - piece.from >= fullLine) ? pieces : [];
}

function keyPiece(
  text: string,
  from: number,
  to: number,
  before: Piece | undefined,
): Piece | "header" | undefined {
  const line = trimmed(text, from, to);
  const marker = text.slice(line.from, to).indexOf("-----END ");
  if (marker > 0) line.to = line.from + marker;
  const words = text.slice(line.from, line.to);
  if (keyText.test(words)) {
    const follows = before !== undefined && before.to - before.from >= fullLine;
    return words.length >= minPiece || follows ? line : undefined;
  }
  const cut = cutText.exec(words)?.[1];
  if (cut !== undefined) return { from: line.from, to: line.from + cut.length };
  return header.test(words) ? "header" : undefined;
}

function trimmed(text: string, from: number, to: number): Piece {
  const line = text.slice(from, to);
  const before = marginBefore.exec(line)?.[0].length ?? 0;
  const after = marginAfter.exec(line.slice(before))?.[0].length ?? 0;
  // A "+" at the edge may be base64's own; a full line of a key is then one character shorter, which is harmless.
  return { from: from + before, to: to - after };
}

function endMarkerAfter(text: string, from: number): Piece | undefined {
  const near = text.slice(from, from + 300);
  const match = firstEnd.exec(near);
  if (!match || /[A-Za-z0-9]{2}/.test(near.slice(0, match.index).replace(/\\[nr]/g, ""))) return undefined;
  return { from: from + match.index, to: from + match.index + match[0].length };
}

function placesOf(text: string, body: readonly Piece[], markers: readonly Piece[]): FoundSecret[] {
  const value = body.map(({ from, to }) => text.slice(from, to)).join("\n");
  return [...markers, ...body].map(({ from, to }) => ({ kind: "private-key", from, to, value }));
}
