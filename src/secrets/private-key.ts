import {
  bodyAbove,
  closedBody,
  countedLines,
  looksUnread,
  openBody,
  type Piece,
  prefixBefore,
} from "./key-lines.ts";
import type { FoundSecret } from "./secret-kind.ts";

const words = "[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?";
const begin = new RegExp(`-----BEGIN ${words}-----|---- BEGIN ${words} ----`, "g");
const end = new RegExp(`-----END ${words}-----|---- END ${words} ----`, "g");
/** Base64 of "-----BEGIN ", with what follows it. */
const encodedBegin = /LS0tLS1CRUdJTi[A-Za-z0-9+/_-]{16,16384}={0,2}/g;
/** https://the.earth.li/~sgtatham/putty/latest/htmldoc/AppendixC.html */
const countOfLines = /Private-Lines:[ \t]{0,4}(\d{1,4})/g;
const proof = /Private-MAC:[ \t]{0,4}([0-9a-fA-F]{32,128})/g;

/** A key with its marks is not longer than this. */
const maxKey = 256 * 1024;

/**
 * Private keys in PEM armour: of several lines, on one line, inside of a patch, with a time or a name before each line,
 * in base64, without their end, and without their beginning; and those of PuTTY. Each line is a place of its own and
 * all share one value, so that a masked patch keeps its lines. Linear in the text.
 */
export function privateKeys(text: string): FoundSecret[] {
  return [...armouredKeys(text), ...encodedKeys(text), ...puttyKeys(text)];
}

/** Marks of keys below which something stands that may be one and was not read; for a check of what was masked. */
export function unreadKeys(text: string): FoundSecret[] {
  if (!text.includes("PRIVATE KEY")) return [];
  const read = new Set(armouredKeys(text).map(({ from }) => from));
  return markersOf(text, begin)
    .filter(({ from, to }) => !read.has(from) && looksUnread(text, to, Math.min(text.length, to + maxKey)))
    .map(({ from, to }) => ({ kind: "private-key", from, to, value: text.slice(from, to) }));
}

function armouredKeys(text: string): FoundSecret[] {
  if (!text.includes("PRIVATE KEY")) return [];
  const found: FoundSecret[] = [];
  const begins = markersOf(text, begin);
  const ends = markersOf(text, end);
  const closed = new Set<Piece>();
  let number = 0;
  for (const [index, marker] of begins.entries()) {
    const next = begins[index + 1]?.from ?? text.length;
    while ((ends[number]?.from ?? next) < marker.to) number++;
    const closing = ends[number];
    const prefix = prefixBefore(text, marker.from);
    if (closing !== undefined && closing.from < next && closing.from - marker.to <= maxKey) {
      const body = closedBody(text, marker.to, closing.from, prefix);
      if (body.length === 0) continue;
      closed.add(closing);
      found.push(...placesOf(text, body, [marker, closing]));
    } else {
      const body = openBody(text, marker.to, Math.min(next, marker.to + maxKey), prefix);
      if (body.length > 0) found.push(...placesOf(text, body, [marker]));
    }
  }
  let done = 0;
  for (const marker of ends) {
    if (!closed.has(marker)) {
      const body = bodyAbove(text, marker.from, done, prefixBefore(text, marker.from));
      if (body.length > 0) found.push(...placesOf(text, body, [marker]));
    }
    done = marker.to;
  }
  return found;
}

/** A key whose armour is in base64 again, on one line or on several, as Kubernetes and `base64` write it. */
function encodedKeys(text: string): FoundSecret[] {
  if (!text.includes("LS0tLS1CRUdJTi")) return [];
  const found: FoundSecret[] = [];
  const begins = markersOf(text, encodedBegin);
  for (const [index, marker] of begins.entries()) {
    const first = Buffer.from(text.slice(marker.from, marker.from + 96), "base64").toString("latin1");
    if (!first.includes("PRIVATE KEY")) continue;
    const limit = Math.min(begins[index + 1]?.from ?? text.length, marker.to + maxKey);
    const body = openBody(text, marker.to, limit, prefixBefore(text, marker.from));
    found.push(...placesOf(text, [marker, ...body], []));
  }
  return found;
}

function puttyKeys(text: string): FoundSecret[] {
  if (!text.includes("Private-Lines:")) return [];
  const found: FoundSecret[] = [];
  const counts = [...text.matchAll(countOfLines)];
  for (const [index, match] of counts.entries()) {
    const lines = { from: match.index + match[0].length, to: counts[index + 1]?.index ?? text.length };
    const body = countedLines(text, lines, Number(match[1]), prefixBefore(text, match.index));
    found.push(...placesOf(text, body, []));
  }
  for (const match of text.matchAll(proof)) {
    const to = match.index + match[0].length;
    const value = match[1] ?? "";
    found.push({ kind: "private-key", from: to - value.length, to, value });
  }
  return found;
}

function markersOf(text: string, pattern: RegExp): Piece[] {
  return [...text.matchAll(pattern)].map(({ index, 0: found }) => ({
    from: index,
    to: index + found.length,
  }));
}

function placesOf(text: string, body: readonly Piece[], markers: readonly Piece[]): FoundSecret[] {
  const value = body.map(({ from, to }) => text.slice(from, to)).join("\n");
  return [...markers, ...body].map(({ from, to }) => ({ kind: "private-key", from, to, value }));
}
