import { terminalSequence } from "../terminal-sequence.ts";

/** A text as a reader sees it, without escapes and invisible characters, and where each character came from. */
export interface DecodedView {
  text: string;
  /** The place in the text it was made from, of the first character of a range. */
  startOf(index: number): number;
  /** The same for the place behind its last character. */
  endOf(index: number): number;
}

/**
 * What is decoded: the escapes of JSON, of most languages and of Markdown, character references of HTML, percent signs of
 * addresses (ASCII only), letters of double width, and strings that code puts together with a sign. Colours and titles
 * of terminals and characters without width are left out.
 */
const encoded = new RegExp(
  [
    String.raw`\\(?:u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|u\{0{0,6}[0-9a-fA-F]{2}\}|U000000[0-9a-fA-F]{2}|[01][0-7]{2}|["'\\/nrtbf_])`,
    "%[2-7][0-9a-fA-F]",
    "&(?:#0{0,6}[0-9]{2,3}|#[xX]0{0,6}[0-9a-fA-F]{2}|quot|apos|amp|lt|gt|nbsp);",
    terminalSequence,
    String.raw`["']\s{0,40}[+.]\s{0,40}[bfru]?["']`,
    "[\uFF10-\uFF19\uFF21-\uFF3A\uFF41-\uFF5A\uFF3F\uFF0D]",
    String.raw`[\u00AD\u061C\u180E\u200B-\u200F\u202A-\u202E\u2060-\u2064\u2066-\u206F\uFEFF]`,
    String.raw`\u034F|[\uFE00-\uFE0F]|\uDB40[\uDC00-\uDFFF]`,
  ].join("|"),
  "g",
);

const letters: Record<string, string> = { n: "\n", r: "\r", t: "\t", b: "\b", f: "\f" };
const references: Record<string, string> = { quot: '"', apos: "'", amp: "&", lt: "<", gt: ">", nbsp: " " };
/** From a letter of double width to the plain one (Unicode block "Halfwidth and Fullwidth Forms"). */
const fullWidth = 0xfe_e0;

/** The view of a text, one level of escapes removed; null where there is nothing to decode. */
export function decodedView(text: string): DecodedView | null {
  const parts: string[] = [];
  const viewAt: number[] = [0];
  const textAt: number[] = [0];
  let copied = 0;
  let length = 0;
  for (const match of text.matchAll(encoded)) {
    const plain = decode(match[0]);
    parts.push(text.slice(copied, match.index), plain);
    length += match.index - copied;
    viewAt.push(length, length + plain.length);
    copied = match.index + match[0].length;
    length += plain.length;
    textAt.push(match.index, copied);
  }
  if (parts.length === 0) return null;
  parts.push(text.slice(copied));
  return {
    text: parts.join(""),
    startOf(index) {
      const at = lastAtMost(viewAt, index);
      return (textAt[at] ?? 0) + index - (viewAt[at] ?? 0);
    },
    endOf(index) {
      const at = lastAtMost(viewAt, index - 1);
      const next = at + 1;
      if (viewAt[next] === index) return textAt[next] ?? 0;
      return (textAt[at] ?? 0) + index - (viewAt[at] ?? 0);
    },
  };
}

function decode(escape: string): string {
  const first = escape[0];
  if (first === "%") return characterOf(escape.slice(1), 16);
  if (first === "&") return referenceOf(escape.slice(1, -1));
  if (first !== undefined && first >= "\uFF0D" && first <= "\uFF5A") return plainLetter(first);
  if (first !== "\\") return "";
  const letter = escape[1] ?? "";
  if (/[uxU]/.test(letter)) return characterOf(escape.replace(/[^0-9a-fA-F]/g, ""), 16);
  if (/[01]/.test(letter)) return characterOf(escape.slice(1), 8);
  return letters[letter] ?? letter;
}

function characterOf(digits: string, base: number): string {
  return String.fromCharCode(Number.parseInt(digits, base));
}

function referenceOf(name: string): string {
  if (name[0] !== "#") return references[name] ?? "";
  return /[xX]/.test(name) ? characterOf(name.slice(2), 16) : characterOf(name.slice(1), 10);
}

function plainLetter(letter: string): string {
  return String.fromCharCode(letter.charCodeAt(0) - fullWidth);
}

/** The index of the last number that is not greater; the numbers ascend and begin with 0. */
function lastAtMost(numbers: readonly number[], limit: number): number {
  let low = 0;
  let high = numbers.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((numbers[middle] ?? 0) <= limit) low = middle;
    else high = middle - 1;
  }
  return low;
}
