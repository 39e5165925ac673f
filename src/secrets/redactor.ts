import type { JsonValue } from "../traces/json-value.ts";
import { findByPattern, findByRule, findInReadings } from "./find-secrets.ts";
import { createKnownSecrets } from "./known-secrets.ts";
import { maskedJson } from "./masked-json.ts";
import { kindOfNamed } from "./named-secret.ts";
import { withoutPlaceholders } from "./placeholder.ts";
import { isRandomValue } from "./random-value.ts";
import type { FoundSecret, SecretKind } from "./secret-kind.ts";
import { createSecretLedger, keyOf, type SecretLedger } from "./secret-ledger.ts";

/**
 * Replaces secrets by placeholders such as `[secret:github-token:1]`: the same secret by the same one, numbered by
 * first appearance. A secret that was seen once is masked wherever it occurs later. Masking twice changes nothing.
 */
export interface Redactor {
  /** By our own patterns, in linear time. */
  mask(text: string): string;
  /** Every string of a value, its keys too; strings that are JSON stay JSON. */
  maskValue(value: JsonValue): JsonValue;
  /** `mask`, and then the rules of secretlint, which are slower by far and loaded on the first call. */
  maskDeep(text: string): Promise<string>;
  /**
   * Masks from here on every secret of its ledger, whoever met it first. Those that were reported before are not counted
   * among the findings of this redactor.
   */
  recall(options?: { areReported: boolean }): void;
  /** How many different secrets of each kind were masked. */
  readonly findings: ReadonlyMap<SecretKind, number>;
}

/** Masking can bring a secret to light that was hidden by another one beside it; nothing needs more rounds than this. */
const maxRounds = 8;
const longestRemembered = 64;
const maxClean = 10_000;
/** Secrets are short; longer strings are searched, not taken whole. */
const maxNamed = 4096;

/** Headers whose values have a form of their own. */
const isHeader = /^(?:proxy-)?authorization$|^(?:set-)?cookie$/i;

function kindOfWhole(name: string, value: string): SecretKind | null {
  const kind = kindOfNamed(name, value, { quoted: true, exported: true });
  if (kind !== null) return kind;
  return /^[\w+/-]+={0,2}$/.test(value) && isRandomValue(name, value) ? "random-value" : null;
}

export function createRedactor(ledger: SecretLedger = createSecretLedger()): Redactor {
  /** The secrets that were met here, by their keys. */
  const met = new Set<string>();
  const findings = new Map<SecretKind, number>();
  const known = createKnownSecrets();
  /** Short texts without a secret: keys and words that every record of a log repeats. */
  const clean = new Set<string>();

  function placeholderOf({ kind, value }: FoundSecret): string {
    const key = keyOf(value);
    const earlier = met.has(key) ? ledger.known(key) : placeholderOfKey(kind, value);
    if (earlier !== undefined) return earlier;
    findings.set(kind, (findings.get(kind) ?? 0) + 1);
    const placeholder = ledger.placeholderOf(kind, key, value);
    if (ledger.known(key) === undefined) return placeholder;
    // What was clean so far may hold the secret that is known from now on.
    clean.clear();
    met.add(key);
    known.remember(kind, value);
    return placeholder;
  }

  /** A part of a private key belongs to the key that it was cut from. Its last line tells, the first ones are alike. */
  function placeholderOfKey(kind: SecretKind, value: string): string | undefined {
    const whole = kind === "private-key" ? known.ownerOf(value.split("\n").at(-1) ?? "") : undefined;
    return whole === undefined || whole === value ? undefined : ledger.known(keyOf(whole));
  }

  function replace(text: string, places: readonly FoundSecret[]): string {
    let masked = "";
    let copied = 0;
    for (const place of places) {
      masked += text.slice(copied, place.from) + placeholderOf(place);
      copied = place.to;
    }
    return masked + text.slice(copied);
  }

  function mask(text: string): string {
    if (clean.has(text)) return text;
    ledger.reserve(text);
    let masked = text;
    for (let round = 0; round < maxRounds; round++) {
      const places = findInReadings(masked, (read) => [...findByPattern(read), ...known.find(read)]);
      if (places.length === 0) break;
      masked = replace(masked, places);
    }
    if (masked === text && text.length <= longestRemembered) {
      if (clean.size >= maxClean) clean.clear();
      clean.add(text);
    }
    return masked;
  }

  /** A string beside its name: all of it may be the secret. */
  function maskNamed(text: string, name: string): string {
    if (name === "" || text.length > maxNamed) return mask(text);
    const masked = isHeader.test(name) ? mask(`${name}: ${text}`).slice(name.length + 2) : mask(text);
    const rest = withoutPlaceholders(masked);
    const kind = rest === "" ? null : kindOfWhole(name, rest);
    return kind === null ? masked : placeholderOf({ kind, from: 0, to: text.length, value: text });
  }

  return {
    mask,
    maskValue(value) {
      let masked = value;
      // Again while there is news, so that what the end of a value gave away is masked at its beginning too.
      for (let known = -1; known < met.size;) {
        known = met.size;
        masked = maskedJson(masked, maskNamed);
      }
      return masked;
    },
    async maskDeep(text) {
      let masked = mask(text);
      for (let round = 0; round < maxRounds; round++) {
        const places = await findByRule(masked);
        if (places.length === 0) break;
        masked = mask(replace(masked, places));
      }
      return masked;
    },
    recall(options) {
      clean.clear();
      for (const { kind, value } of ledger.secrets) {
        known.remember(kind, value);
        if (options?.areReported === true) met.add(keyOf(value));
      }
    },
    findings,
  };
}
