import { hiddenCharacters } from "../skills/hidden-characters.ts";

/** A word as `shellWord` writes it: plain, or in single quotes with `'\''` for a quote inside. */
const word = String.raw`(?:[\w@%+=:,./-]+|'[^']*'(?:\\''[^']*')*)`;
const eachWord = new RegExp(word, "g");

/** A command of ours that is published as something to run. */
export interface PublishedCommand {
  name: "distill" | "evaluate" | "organize";
  /** A pattern of what is said of the words that it leaves out. */
  remark: string;
  /** Its options with a value, and its only flag. */
  valued: ReadonlySet<string>;
  flag: string;
}

/** Whether a text can be published as a part of a command: on one line, with nothing hidden in it and no address. */
export function isShowable(text: string): boolean {
  return hiddenCharacters(text).length === 0 && !/[\t\n\r\u2028\u2029]|:\/\/|@https?:/i.test(text);
}

/**
 * Whether a text is one call of a command with its own options, in words that mean the same in every shell, and with no
 * address to send anything to.
 */
export function isPublished(text: string, { name, remark, valued, flag }: PublishedCommand): boolean {
  if (!isShowable(text)) return false;
  const [, given] = new RegExp(`^overproof ${name}((?: ${word})*)(?: # (?:${remark}))?$`).exec(text) ?? [];
  if (given === undefined) return false;
  let isValue = false;
  for (const [quoted] of given.matchAll(eachWord)) {
    const plain = plainWord(quoted);
    if (isValue) isValue = false;
    else if (valued.has(plain)) isValue = true;
    else if (plain.startsWith("-") && plain !== flag) return false;
  }
  return !isValue;
}

function plainWord(quoted: string): string {
  return quoted.startsWith("'") ? quoted.slice(1, -1).replaceAll(`'\\''`, "'") : quoted;
}
