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

const beginning = /\[(?:secret|user|email):/;

function mayHoldPlaceholders(text: string): boolean {
  return beginning.test(text);
}
