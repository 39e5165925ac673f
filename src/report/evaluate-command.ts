import { isShowable } from "../distill/reproduce-command.ts";

/** A word as `shellWord` writes it: plain, or in single quotes with `'\''` for a quote inside. */
const word = String.raw`(?:[\w@%+=:,./-]+|'[^']*'(?:\\''[^']*')*)`;
const eachWord = new RegExp(word, "g");
/** What `reproduceEvaluation` says of the words that it leaves out. */
const remark = "(?: # (?:\\d{1,9} skills|with options too long to show))?";
const command = new RegExp(`^overproof evaluate((?: ${word})*)${remark}$`);

const valued: ReadonlySet<string> = new Set([
  "--student",
  "--judge",
  "--repeats",
  "--max-repeats",
  "--seed",
  "--base",
]);

/** What stands in the place of any other text. */
export const noEvaluateCommand = "The plan names a command that no evaluation writes; it is not shown.";

/**
 * Whether a text is a command that an evaluation can have written into its plan. Plans come from strangers, and this part
 * of one is published as something to run: it has to be one call of evaluate with its own options, in words that mean the
 * same in every shell, and with no address to send anything to.
 */
export function isEvaluateCommand(text: string): boolean {
  const [, given] = (isShowable(text) ? command.exec(text) : null) ?? [];
  if (given === undefined) return false;
  let isValue = false;
  for (const [one] of given.matchAll(eachWord)) {
    const plain = one.startsWith("'") ? one.slice(1, -1).replaceAll(`'\\''`, "'") : one;
    if (isValue) isValue = false;
    else if (valued.has(plain)) isValue = true;
    else if (plain.startsWith("-") && plain !== "--placebo") return false;
  }
  return !isValue;
}
