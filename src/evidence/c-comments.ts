/** A stretch of a text, from the first character to before the last. */
export interface Span {
  from: number;
  to: number;
}

/**
 * Everything in C that can hold or hide a comment mark, in the order in which a reader has to look:
 * comments, raw texts, texts, characters, and numbers with digit separators (`1'000`).
 * Where a mark is not one of these, it is plain code. See ISO C++ [lex.phases], [lex.comment], [lex.string].
 */
const marks =
  /\/\/|\/\*|\b(?:u8|[uUL])?R"([^()\\\s"]{0,16})\(|"|'(?:[^'\\\n]|\\[^\n]){1,12}'|(?<![\w.])\.?\d(?:'?[\w.])*/g;

/**
 * The comments of C, C++, CUDA or AscendC source, in order. Blanks before a line comment belong to it. A block
 * comment that never ends is left as code. Linear; reads any text.
 *
 * Not left to the C++ grammar of Lezer: it reads the text in `asm volatile("// ptx" : : )` as a comment, and after
 * a block comment inside a `#define` the code of the next lines as well, so that kernel code would be deleted.
 */
export function cComments(code: string): Span[] {
  const comments: Span[] = [];
  const pattern = new RegExp(marks);
  let noBlockEnd = false;
  for (let mark = pattern.exec(code); mark; mark = pattern.exec(code)) {
    const from = mark.index;
    const text = mark[0];
    if (text === "//") {
      const to = endOfSplicedLine(code, from);
      comments.push({ from: beforeBlanks(code, from, comments.at(-1)?.to ?? 0), to });
      pattern.lastIndex = to;
    } else if (text === "/*") {
      const end = noBlockEnd ? -1 : code.indexOf("*/", from + 2);
      if (end === -1) noBlockEnd = true;
      else {
        comments.push({ from, to: end + 2 });
        pattern.lastIndex = end + 2;
      }
    } else if (text === '"') {
      pattern.lastIndex = endOfText(code, from + 1);
    } else if (text.endsWith("(")) {
      const end = code.indexOf(`)${mark[1] ?? ""}"`, pattern.lastIndex);
      if (end === -1) break;
      pattern.lastIndex = end + (mark[1] ?? "").length + 2;
    }
  }
  return comments;
}

/** A line comment goes on after a backslash at the end of its line. */
function endOfSplicedLine(code: string, from: number): number {
  let end = code.indexOf("\n", from);
  while (end !== -1 && code[end - 1] === "\\") end = code.indexOf("\n", end + 1);
  return end === -1 ? code.length : end;
}

/** After the closing mark of a text; at the end of the line where it has none. */
function endOfText(code: string, from: number): number {
  let at = from;
  while (at < code.length) {
    const character = code[at];
    if (character === '"') return at + 1;
    if (character === "\n") return at;
    at += character === "\\" ? 2 : 1;
  }
  return code.length;
}

function beforeBlanks(code: string, from: number, notBefore: number): number {
  let at = from;
  while (at > notBefore && (code[at - 1] === " " || code[at - 1] === "\t")) at -= 1;
  return at;
}
