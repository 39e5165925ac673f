import { createHash } from "node:crypto";
import { placeholderFor, placeholdersIn } from "./placeholder.ts";
import type { SecretKind } from "./secret-kind.ts";

/** From here on, new secrets of a kind share one placeholder: a trace of nothing but secrets must fit in memory. */
const maxSecrets = 20_000;
const maxReserved = 100_000;
/** So many characters of values are kept, to be looked for elsewhere. */
const maxCharacters = 8_000_000;

/**
 * Which placeholder stands for which secret. Redactors that share one give the same secret the same placeholder and no
 * two secrets the same one: the traces of a run are read on their own and distilled together.
 */
export interface SecretLedger {
  /** `key` tells two secrets apart (`keyOf`); a placeholder is given once and stays. */
  placeholderOf(kind: SecretKind, key: string, value: string): string;
  /** The placeholder that was given, if any. */
  known(key: string): string | undefined;
  /** Placeholders that somebody wrote by hand stay, and their numbers are not used again. */
  reserve(text: string): void;
  /** The values that were met, in their order, while there is room for them. */
  readonly secrets: readonly { kind: SecretKind; value: string }[];
}

/** Long values are told apart by their digest, which stays in memory and saves it. */
export function keyOf(value: string): string {
  return value.length > 64 ? createHash("sha256").update(value).digest("hex") : value;
}

export function createSecretLedger(): SecretLedger {
  const placeholders = new Map<string, string>();
  const issued = new Set<string>();
  const reserved = new Set<string>();
  const numbers = new Map<SecretKind, number>();
  const secrets: { kind: SecretKind; value: string }[] = [];
  let characters = 0;

  return {
    secrets,
    known: (key) => placeholders.get(key),
    placeholderOf(kind, key, value) {
      const earlier = placeholders.get(key);
      if (earlier !== undefined) return earlier;
      if (placeholders.size >= maxSecrets) return placeholderFor(kind, 999_999);
      let number = (numbers.get(kind) ?? 0) + 1;
      while (reserved.has(placeholderFor(kind, number))) number++;
      numbers.set(kind, number);
      const placeholder = placeholderFor(kind, number);
      placeholders.set(detached(key), placeholder);
      issued.add(placeholder);
      characters += value.length;
      if (characters <= maxCharacters) secrets.push({ kind, value: detached(value) });
      return placeholder;
    },
    reserve(text) {
      for (const placeholder of placeholdersIn(text))
        if (!issued.has(placeholder) && reserved.size < maxReserved) reserved.add(placeholder);
    },
  };
}

/** A copy that does not keep the whole text alive that it was cut from. */
function detached(value: string): string {
  return Buffer.from(value, "utf16le").toString("utf16le");
}
