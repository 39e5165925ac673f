import { hiddenCharacters } from "../skills/hidden-characters.ts";

/** A word as `shellWord` writes it: plain, or in single quotes with `'\''` for a quote inside. */
const word = String.raw`(?:[\w@%+=:,./-]+|'[^']*'(?:\\''[^']*')*)`;
/** What is said of the words that a command does not name. */
const remark = "(?: # (?:and \\d{1,9} more traces?|with options too long to show))?";
const command = new RegExp(`^overproof distill((?: ${word})*)${remark}$`);
const eachWord = new RegExp(word, "g");

const valued: ReadonlySet<string> = new Set([
  "--mode",
  "--artifact",
  "--op",
  "--model",
  "--output",
  "--config",
]);

/** Whether a text can be published as a part of a command: on one line, with nothing hidden in it and no address. */
export function isShowable(text: string): boolean {
  return hiddenCharacters(text).length === 0 && !/[\t\n\r\u2028\u2029]|:\/\/|@https?:/i.test(text);
}

/**
 * Whether a text is a command that `reproduceCommand` can have written. It is published as something to run: one call of
 * distill with its own options, in words that mean the same in every shell, and with no address to send anything to.
 */
export function isReproduceCommand(text: string): boolean {
  if (!isShowable(text)) return false;
  const [, given] = command.exec(text) ?? [];
  if (given === undefined) return false;
  const words = [...given.matchAll(eachWord)].map(([quoted]) => plainWord(quoted));
  let isValue = false;
  for (const one of words) {
    if (isValue) isValue = false;
    else if (valued.has(one)) isValue = true;
    else if (one.startsWith("-") && one !== "--dry-run") return false;
  }
  return !isValue;
}

function plainWord(quoted: string): string {
  return quoted.startsWith("'") ? quoted.slice(1, -1).replaceAll(`'\\''`, "'") : quoted;
}
