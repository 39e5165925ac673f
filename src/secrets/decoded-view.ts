/** A text as a reader sees it, without escapes and invisible characters, and where each character came from. */
export interface DecodedView {
  text: string;
  /** The place in the text it was made from, of the first character of a range. */
  startOf(index: number): number;
  /** The same for the place behind its last character. */
  endOf(index: number): number;
}

/**
 * What is decoded: the escapes of JSON and of most languages, percent signs of addresses (ASCII only), colours and
 * titles of terminals (ECMA-48), and characters without width.
 */
const escapeCharacter = "\u001B";
const bell = "\u0007";
const encoded = new RegExp(
  [
    String.raw`\\(?:u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|["'\\/nrtbf])`,
    "%[2-7][0-9a-fA-F]",
    String.raw`${escapeCharacter}(?:\[[0-9;?:]{0,64}[ -/]{0,4}[@-~]|[()][A-Z0-9])`,
    String.raw`${escapeCharacter}\][^${bell}${escapeCharacter}\n]{0,512}(?:${bell}|${escapeCharacter}\\)`,
    String.raw`[\u00AD\u061C\u180E\u200B-\u200F\u202A-\u202E\u2060-\u2064\u2066-\u206F\uFEFF]`,
    String.raw`\u034F|[\uFE00-\uFE0F]|\uDB40[\uDC00-\uDFFF]`,
  ].join("|"),
  "g",
);

const letters: Record<string, string> = { n: "\n", r: "\r", t: "\t", b: "\b", f: "\f" };

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
  if (escape[0] === "%") return String.fromCharCode(Number.parseInt(escape.slice(1), 16));
  if (escape[0] !== "\\") return "";
  const letter = escape[1] ?? "";
  if (letter === "u" || letter === "x") return String.fromCharCode(Number.parseInt(escape.slice(2), 16));
  return letters[letter] ?? letter;
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
