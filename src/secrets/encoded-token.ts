import type { FoundSecret } from "./secret-kind.ts";
import { tokenShapes } from "./token-shapes.ts";

const shortest = 24;
const longest = 65_536;
/** One more than the six bits that a letter of base64 stands for; "-" and "_" are those of addresses (RFC 4648, 5). */
const bitsOf = new Uint8Array(128);
const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
for (let bits = 0; bits < letters.length; bits++) bitsOf[letters.charCodeAt(bits)] = bits + 1;
bitsOf["-".charCodeAt(0)] = 63;
bitsOf["_".charCodeAt(0)] = 64;

const hexadecimal = /(?<![0-9A-Fa-f])(?:[0-9A-Fa-f]{2}){16,32768}(?![0-9A-Fa-f])/g;
/** So many characters at the beginning tell an encoded text from a digest, a path or a picture. */
const judged = 12;

/** Tokens of known shape in base64 (also that of addresses) or in hexadecimal. The value is the token itself. */
export function encodedTokens(text: string): FoundSecret[] {
  const found: FoundSecret[] = [];
  // A long run holds at least one of the places looked at, so that most characters need not be.
  for (let at = shortest - 1; at < text.length; at += shortest) {
    if (!isLetter(text, at)) continue;
    let from = at;
    let to = at + 1;
    while (from > 0 && at - from < shortest && isLetter(text, from - 1)) from--;
    while (to - from < longest && isLetter(text, to)) to++;
    if (to - from >= shortest) found.push(...tokensOf(text.slice(from, to), from));
    at = Math.max(at, to);
  }
  return found;
}

function tokensOf(run: string, from: number): FoundSecret[] {
  const found: FoundSecret[] = [];
  const add = (part: string, at: number, encoding: "base64" | "hex"): void => {
    const [token] = tokenShapes(Buffer.from(part, encoding).toString("latin1"));
    if (token) found.push({ kind: token.kind, from: at, to: at + part.length, value: token.value });
  };
  if (beginsReadable(run)) add(run, from, "base64");
  if (run.length < 32) return found;
  for (const { index, 0: part } of run.matchAll(hexadecimal))
    if (/^(?:0[9AaDd]|[2-7][0-9A-Fa-f]){6}/.test(part)) add(part, from + index, "hex");
  return found;
}

function isLetter(text: string, at: number): boolean {
  return (bitsOf[text.charCodeAt(at)] ?? 0) !== 0;
}

/** Whether the first characters in base64 stand for characters of ASCII that a person reads. */
function beginsReadable(run: string): boolean {
  for (let at = 0; at < judged; at += 4) {
    let bits = 0;
    for (let next = 0; next < 4; next++) bits = (bits << 6) | ((bitsOf[run.charCodeAt(at + next)] ?? 1) - 1);
    if (!isReadable(bits >> 16) || !isReadable((bits >> 8) & 255) || !isReadable(bits & 255)) return false;
  }
  return true;
}

function isReadable(byte: number): boolean {
  return (byte >= 32 && byte < 127) || byte === 9 || byte === 10 || byte === 13;
}
