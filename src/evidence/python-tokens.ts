import type { Span } from "./c-comments.ts";

/** A text in Python source: a string literal with its prefix and quotes. */
export interface PythonText extends Span {
  /** Where the characters between the quotes start and end. */
  bodyFrom: number;
  bodyTo: number;
  /** Backslashes are plain characters in it. */
  raw: boolean;
}

export interface PythonTokens {
  comments: Span[];
  /** Texts that are a whole statement (docstrings), with the semicolon after them. */
  docstrings: Span[];
  /** All other texts that end. */
  texts: PythonText[];
}

interface Statement {
  /** No token of the statement has been seen yet. */
  fresh: boolean;
  /** The texts that are all of the statement so far. */
  texts: PythonText[];
}

/**
 * Finds the comments and texts of Python source, and which texts are statements of their own. Reads any text, in one
 * pass: what does not end (a text of one line at its line end, a triple-quoted one anywhere) is read as if its
 * opening quotes were plain code. See "Lexical analysis" in the Python language reference.
 *
 * Lezer's Python grammar finds the same (the tests compare the two) but takes more than twenty times as long,
 * which is seconds for the versions of one long search.
 */
export function pythonTokens(code: string): PythonTokens {
  const tokens: PythonTokens = { comments: [], docstrings: [], texts: [] };
  const endless = new Set<string>();
  const mark = /[#"'()[\]{};\n\\]/g;
  const lineRest = /[^\S\n]*(?:#|\n|$)/y;
  let depth = 0;
  let isContinued = false;
  let at = 0;
  let statement: Statement = { fresh: true, texts: [] };

  for (;;) {
    mark.lastIndex = at;
    const from = mark.exec(code)?.index ?? code.length;
    const character = code[from];
    const opening = character === '"' || character === "'" ? openingAt(code, from, at) : undefined;
    if (!isBlank(code, at, opening?.from ?? from)) closeWith("code");
    at = from + 1;

    if (character === undefined) {
      closeWith("end");
      return tokens;
    }
    if (opening) {
      const text = textFrom(code, opening, endless);
      at = text?.to ?? endOfEndless(code, opening);
      if (!text) closeWith("code");
      else if (depth === 0 && (statement.fresh || statement.texts.length > 0)) {
        statement.fresh = false;
        statement.texts.push(text);
      } else tokens.texts.push(text);
    } else if (character === "#") {
      const end = code.indexOf("\n", from);
      at = end === -1 ? code.length : end;
      tokens.comments.push({ from, to: at });
    } else if (character === "\\") {
      // Blanks and a comment behind it are stripped, and then it does continue its line.
      lineRest.lastIndex = at;
      if (lineRest.test(code)) isContinued = true;
      else closeWith("code");
    } else if (character === "\n") {
      if (depth === 0 && !isContinued) {
        closeWith("end");
        statement = { fresh: true, texts: [] };
      }
      isContinued = false;
    } else if (character === ";" && depth === 0) {
      closeWith("end", afterBlanks(code, from + 1));
      statement = { fresh: true, texts: [] };
    } else {
      closeWith("code");
      if (character === "(" || character === "[" || character === "{") depth += 1;
      else if (character !== ";") depth = Math.max(0, depth - 1);
    }
  }

  /** Decides what the texts at the start of a statement are, once it is known what follows them. */
  function closeWith(next: "code" | "end", end?: number): void {
    const [first] = statement.texts;
    const last = statement.texts.at(-1);
    if (first && last) {
      if (next === "code") tokens.texts.push(...statement.texts);
      else tokens.docstrings.push({ from: first.from, to: end ?? last.to });
    }
    statement.texts = [];
    statement.fresh = false;
  }
}

interface Opening {
  from: number;
  bodyFrom: number;
  prefix: string;
  quotes: string;
}

/** The quotes at `quoteAt`, with the prefix letters before them that belong to no name. */
function openingAt(code: string, quoteAt: number, notBefore: number): Opening {
  let from = quoteAt;
  while (from > notBefore && quoteAt - from < 3 && /[rbuft]/i.test(code[from - 1] ?? "")) from -= 1;
  if (from > notBefore && /[\p{L}\p{N}_]/u.test(code[from - 1] ?? "")) from = quoteAt;
  const quote = code[quoteAt] ?? "";
  const quotes = code.startsWith(quote.repeat(3), quoteAt) ? quote.repeat(3) : quote;
  return { from, bodyFrom: quoteAt + quotes.length, prefix: code.slice(from, quoteAt).toLowerCase(), quotes };
}

/** The text behind the opening quotes; undefined where it does not end. `endless` remembers quotes without a partner. */
function textFrom(code: string, opening: Opening, endless: Set<string>): PythonText | undefined {
  const { from, bodyFrom, prefix, quotes } = opening;
  let bodyTo =
    quotes.length === 3
      ? endOfTriple(code, bodyFrom, quotes, endless)
      : endOfLineText(code, bodyFrom, quotes);
  if (bodyTo === undefined) return undefined;
  if (/[ft]/.test(prefix) && quotes.length === 1 && !hasPairedBraces(code.slice(bodyFrom, bodyTo)))
    bodyTo = endOfNestedText(code, bodyFrom, quotes) ?? bodyTo;
  return { from, to: bodyTo + quotes.length, bodyFrom, bodyTo, raw: prefix.includes("r") };
}

function endOfTriple(
  code: string,
  bodyFrom: number,
  quotes: string,
  endless: Set<string>,
): number | undefined {
  if (endless.has(quotes)) return undefined;
  let end = code.indexOf(quotes, bodyFrom);
  while (end !== -1 && isEscaped(code, end, bodyFrom)) end = code.indexOf(quotes, end + 1);
  if (end !== -1) return end;
  endless.add(quotes);
  return undefined;
}

function endOfLineText(code: string, bodyFrom: number, quote: string): number | undefined {
  let at = bodyFrom;
  while (at < code.length) {
    const character = code[at];
    if (character === quote) return at;
    if (character === "\n") return undefined;
    at += character === "\\" ? 2 : 1;
  }
  return undefined;
}

/** Where a text without its closing quotes stops being one. */
function endOfEndless(code: string, opening: Opening): number {
  if (opening.quotes.length === 3) return opening.bodyFrom;
  const end = code.indexOf("\n", opening.bodyFrom);
  return end === -1 ? code.length : end;
}

function isEscaped(code: string, position: number, notBefore: number): boolean {
  let backslashes = 0;
  while (position - backslashes > notBefore && code[position - backslashes - 1] === "\\") backslashes += 1;
  return backslashes % 2 === 1;
}

function hasPairedBraces(body: string): boolean {
  const braces = body.replaceAll(/\{\{|\}\}/g, "").match(/[{}]/g) ?? [];
  return braces.filter((brace) => brace === "{").length * 2 === braces.length;
}

/** Longer fields are not looked into; it keeps the reader linear. */
const maxNestedLength = 1000;

/** Python 3.12: a replacement field may hold texts in the quotes of the text around it, `f"{names["a"]}"`. */
function endOfNestedText(code: string, bodyFrom: number, quote: string): number | undefined {
  const limit = Math.min(code.length, bodyFrom + maxNestedLength);
  let braces = 0;
  let at = bodyFrom;
  while (at < limit) {
    const character = code[at] ?? "";
    if (character === "\n") return undefined;
    if (braces === 0 && character === quote) return at;
    if (braces === 0 && (character === "\\" || code.startsWith("{{", at))) at += 2;
    else if (braces > 0 && (character === '"' || character === "'")) {
      const end = endOfLineText(code, at + 1, character);
      if (end === undefined) return undefined;
      at = end + 1;
    } else {
      if (character === "{") braces += 1;
      else if (character === "}" && braces > 0) braces -= 1;
      at += 1;
    }
  }
  return undefined;
}

function isBlank(code: string, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) {
    const character = code[at];
    if (character !== " " && character !== "\t" && character !== "\f") return false;
  }
  return true;
}

function afterBlanks(code: string, from: number): number {
  let at = from;
  while (code[at] === " " || code[at] === "\t") at += 1;
  return at;
}
