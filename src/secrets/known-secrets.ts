import type { FoundSecret, SecretKind } from "./secret-kind.ts";

/** Shorter values would mask ordinary words, and shorter lines of a key say nothing. */
const minValue = 8;
const minLine = 16;
/** A part is looked up by so many first characters. */
const keyLength = 8;
/** Bounds on what is remembered, so that a hostile trace costs neither memory nor quadratic time. */
const maxPart = 4096;
const maxCharacters = 8_000_000;
const maxLengthsOfKey = 32;

const window = 4;
const bits = 18;
const mask = (1 << bits) - 1;

interface Owner {
  kind: SecretKind;
  value: string;
}

/** The secrets that were seen, to be found again where nothing around them tells what they are. */
export interface KnownSecrets {
  remember(kind: SecretKind, value: string): void;
  /** The whole value that a part belongs to. */
  ownerOf(part: string): string | undefined;
  find(text: string): FoundSecret[];
}

/**
 * Remembers values as they stand, each long line of those that have several, and their base64 and percent-encoded
 * forms. A rolling hash over four characters skips the places where none of them begins.
 */
export function createKnownSecrets(): KnownSecrets {
  let begins: Uint8Array | undefined;
  const byKey = new Map<string, Map<number, Map<string, Owner>>>();
  let characters = 0;

  function add(part: string, owner: Owner): void {
    if (part.length < minValue || part.length > maxPart || characters > maxCharacters) return;
    const key = part.slice(0, keyLength);
    const lengths = byKey.get(key) ?? new Map<number, Map<string, Owner>>();
    const parts = lengths.get(part.length) ?? new Map<string, Owner>();
    if (parts.has(part) || (lengths.size >= maxLengthsOfKey && !lengths.has(part.length))) return;
    parts.set(part, owner);
    // The longest first, so that a secret that begins like a shorter one is taken whole.
    lengths.set(part.length, parts);
    byKey.set(key, new Map([...lengths].sort(([a], [b]) => b - a)));
    begins ??= new Uint8Array(1 << bits);
    begins[hashOf(part)] = 1;
    characters += part.length;
  }

  return {
    remember(kind, value) {
      const own = detached(value);
      const owner = { kind, value: own };
      if (!own.includes("\n")) {
        if (!isTelling(kind, own)) return;
        add(own, owner);
        const encoded = encodeURIComponent(own.isWellFormed() ? own : "");
        if (encoded !== own) add(encoded, owner);
        // Without the last group: what follows the value may be encoded with it, such as a line end.
        const base64 = Buffer.from(own, "utf8").toString("base64");
        if (own.length >= minLine) add(base64.slice(0, Math.floor(Buffer.byteLength(own) / 3) * 4), owner);
        return;
      }
      for (const line of own.split("\n")) if (line.length >= minLine) add(line, owner);
    },
    ownerOf: (part) => byKey.get(part.slice(0, keyLength))?.get(part.length)?.get(part)?.value,
    find(text) {
      const found: FoundSecret[] = [];
      if (begins === undefined) return found;
      let hash = 0;
      for (let at = 0; at < text.length; at++) {
        hash = ((hash << 5) ^ text.charCodeAt(at)) & mask;
        if (begins[hash] === 0) continue;
        const from = at - window + 1;
        const lengths = from < 0 ? undefined : byKey.get(text.slice(from, from + keyLength));
        if (lengths === undefined) continue;
        for (const [length, parts] of lengths) {
          const owner = parts.get(text.slice(from, from + length));
          if (owner === undefined || !standsAlone(owner.kind, text, from, from + length)) continue;
          found.push({ ...owner, from, to: from + length });
          at = from + length - 1;
          break;
        }
      }
      return found;
    },
  };
}

/** Whether a value is found again without masking ordinary words: `letmein` is masked where it is assigned only. */
function isTelling(kind: SecretKind, value: string): boolean {
  if (value.length < minValue) return false;
  if (kind === "user") return /[._\d-]/.test(value);
  if (kind === "email") return true;
  return value.length >= 20 || (/\d/.test(value) && /[A-Za-z]/.test(value)) || /[^\w.-]/.test(value);
}

/** Names of people are whole words; anything else may be glued to what surrounds it. */
function standsAlone(kind: SecretKind, text: string, from: number, to: number): boolean {
  if (kind !== "user") return true;
  return !/\w/.test(text[from - 1] ?? "") && !/\w/.test(text[to] ?? "");
}

function hashOf(part: string): number {
  let hash = 0;
  for (let at = 0; at < window; at++) hash = ((hash << 5) ^ part.charCodeAt(at)) & mask;
  return hash;
}

/** A copy that does not keep the whole text alive that it was cut from. */
function detached(value: string): string {
  return Buffer.from(value, "utf16le").toString("utf16le");
}
