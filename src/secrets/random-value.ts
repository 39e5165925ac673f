import type { FoundSecret } from "./secret-kind.ts";
import { looksRandom } from "./secret-value.ts";

const valueAfterSign = /[=:][ \t]{0,2}\\{0,7}["'`]?(?!\/\/)([A-Za-z0-9+/_-]{20,})={0,2}/g;

/** Names of values that look random and open nothing: digests, identifiers, positions in a stream. */
const openName =
  /(?:id|ids|uuid|guid|sha|sha\d+|md5|hash|digest|checksum|integrity|signature|sig|etag|commit|revision|rev|fingerprint|cursor|nonce|seed|cache|key_hash|encrypted_content|thoughtsignature|thought_signature|data|base64|boundary|symbol|name|function|file|path|url|build)$/i;
const identifier =
  /^(?:toolu|srvtoolu|msg|req|call|chatcmpl|resp|fc|rs|ws|ses|prt|run|evt|item|thread|step|sha\d+|file|batch|asst|org|proj|gen|cmpl|agent|conv)[_-]|^(?:sha(?:1|256|384|512)-|AAAA[BCE]|_{0,2}Z[A-Z0-9])/;

/** Values of no known shape after "=" or ":" that look like the toss of a coin. */
export function randomValues(text: string): FoundSecret[] {
  const found: FoundSecret[] = [];
  for (const match of text.matchAll(valueAfterSign)) {
    const value = match[1] ?? "";
    if (!isRandomValue(nameBefore(text, match.index), value)) continue;
    const from = match.index + match[0].indexOf(value, 1);
    found.push({ kind: "random-value", from, to: match.index + match[0].length, value });
  }
  return found;
}

/** Whether a whole value of this name looks like a secret. */
export function isRandomValue(name: string, value: string): boolean {
  return looksRandom(value) && !openName.test(name) && !identifier.test(value);
}

function nameBefore(text: string, at: number): string {
  return /[\w.-]*(?=["'`\\\]]{0,9}[ \t]{0,4}$)/.exec(text.slice(Math.max(0, at - 48), at))?.[0] ?? "";
}
