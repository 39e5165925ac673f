import { isPersonal, secretKinds, type SecretKind } from "./secret-kind.ts";

const kinds = secretKinds.filter((kind) => !isPersonal(kind)).join("|");

/** What stands in place of a secret. Only our kinds and a short number, so that nothing hides in a forged one. */
const placeholder = new RegExp(`\\[(?:secret:(?:${kinds})|email|user):[1-9]\\d{0,5}\\]`, "g");

/** `[secret:github-token:1]`; people's names and addresses read shorter: `[user:1]`, `[email:2]`. */
export function placeholderFor(kind: SecretKind, number: number): string {
  return isPersonal(kind) ? `[${kind}:${number}]` : `[secret:${kind}:${number}]`;
}

/** The placeholders that a text holds, whoever wrote them. */
export function placeholdersIn(text: string): string[] {
  return mayHoldPlaceholders(text) ? (text.match(placeholder) ?? []) : [];
}

/**
 * The text with each placeholder replaced by as many line ends: what stands around one is then looked at on its own,
 * and places keep their numbers.
 */
export function blankPlaceholders(text: string): string {
  return mayHoldPlaceholders(text) ? text.replace(placeholder, (found) => "\n".repeat(found.length)) : text;
}

export function withoutPlaceholders(text: string): string {
  return mayHoldPlaceholders(text) ? text.replace(placeholder, "") : text;
}

/** Characters of a plane for private use; no terminal and no text of a trace has a sign for them. */
const firstStandIn = 0x10_0000;
const maxStandIns = 4096;

/**
 * A text with one character in place of each placeholder, so that what shortens or rewrites a text takes a placeholder
 * whole or not at all; `restored` puts them back.
 */
export function withStandIns(text: string): { text: string; restored: (text: string) => string } {
  const held: string[] = [];
  if (!mayHoldPlaceholders(text)) return { text, restored: (changed) => changed };
  const shortened = text.replace(placeholder, (found) =>
    held.length < maxStandIns ? String.fromCodePoint(firstStandIn + held.push(found) - 1) : found,
  );
  const restored = (changed: string): string =>
    changed.replace(
      /[\u{100000}-\u{100fff}]/gu,
      (found) => held[(found.codePointAt(0) ?? 0) - firstStandIn] ?? found,
    );
  return { text: shortened, restored };
}

const beginning = /\[(?:secret|user|email):/;

function mayHoldPlaceholders(text: string): boolean {
  return beginning.test(text);
}
