import { showHidden } from "../skills/hidden-characters.ts";

/**
 * Markdown from text that strangers wrote. Specials become character references and not backslash escapes: these
 * mean the same in paragraphs, headings, table cells and in HTML such as `<summary>`.
 */
const references: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  "|": "&#124;",
  "\\": "&#92;",
  "*": "&#42;",
  "`": "&#96;",
  "[": "&#91;",
  "]": "&#93;",
  "~": "&#126;",
  $: "&#36;",
  _: "&#95;",
  "-": "&#45;",
  "+": "&#43;",
  "=": "&#61;",
  ":": "&#58;",
  "#": "&#35;",
  ".": "&#46;",
  ")": "&#41;",
};

/**
 * Markup anywhere in a line (`$` is mathematics on GitHub; an underscore inside a word is none), and what GitHub makes
 * links and notifications of in the rendered text: mentions, addresses, `#1` and `GH-1`, and with these the closing
 * keywords before them.
 */
const specials =
  /[&<>|\\*`[\]~$]|(?<![A-Za-z0-9_])_+|(?<!_)_+(?![A-Za-z0-9_])|@|#(?=\d)|:(?=\/\/)|www(?=\.)|(?<![A-Za-z0-9])gh(?=-\d)/gi;

/** The starts of links among the specials. */
const linking = /^(?:[@#:]|www|gh)$/i;

/** A reference would not stop GitHub there, since it looks at rendered text: a zero-width space does. */
const breaker = "&#8203;";

/** Markup only at the start of a line: lists, headings, underlines of headings, rows that make a table. */
const lineStart = /^[-+=:#]|(?<=^\d{1,9})[.)](?=\s|$)/;

const lineBreaks = /\r\n?|[\n\u2028\u2029]/;

/** Text as one paragraph: its lines stay, nothing in it is markup, a link or a mention, hidden characters are shown. */
export function escapeText(text: string): string {
  return linesOf(text).map(escapeLine).join("\n");
}

/** Text in one line, for the cell of a table or a heading. */
export function escapeCell(text: string): string {
  return escapeLine(linesOf(text).join(" "));
}

function linesOf(text: string): string[] {
  return showHidden(text)
    .split(lineBreaks)
    .map((line) => line.replaceAll(/\s+/g, " ").trim())
    .filter((line) => line !== "");
}

function escapeLine(line: string): string {
  return line
    .replaceAll(specials, (found) =>
      linking.test(found) ? found + breaker : Array.from(found, referenceOf).join(""),
    )
    .replace(lineStart, referenceOf);
}

function referenceOf(character: string): string {
  return references[character] ?? character;
}

/** Prose in one line whose code spans stay code; everything else in it is escaped. */
export function escapeProse(text: string): string {
  let prose = "";
  let end = 0;
  for (const span of text.matchAll(/(?<!`)(`+)(?!`)([\s\S]{1,400}?)(?<!`)\1(?!`)/g)) {
    prose += escapePart(text.slice(end, span.index)) + codeSpan(span[2]?.trim() ?? "");
    end = span.index + span[0].length;
  }
  return prose + escapePart(text.slice(end));
}

/** Keeps the blanks around code spans, which `escapeCell` would trim. */
function escapePart(text: string): string {
  if (text.trim() === "") return text === "" ? "" : " ";
  return `${/^\s/.test(text) ? " " : ""}${escapeCell(text)}${/\s$/.test(text) ? " " : ""}`;
}

/** Text as code inside of a line, also inside of a table's cell. */
export function codeSpan(text: string): string {
  const line = showHidden(text.split(lineBreaks).join(" "));
  // In a table even code ends at a bar, and a backslash before it shows outside of tables.
  if (line.includes("|")) return `<code>${escapeLine(line.trim())}</code>`;
  const fence = "`".repeat(longestRun(line, "`") + 1);
  const needsRoom = /^`|`$|^ .* $/.test(line) && line.trim() !== "";
  if (line === "") return "` `";
  return needsRoom ? `${fence} ${line} ${fence}` : `${fence}${line}${fence}`;
}

/** Text as a block of code; nothing in it can end the block. `language` colours it, such as `diff`. */
export function codeBlock(text: string, language = ""): string {
  const lines = showHidden(text.split(lineBreaks).join("\n")).split("\n");
  while (lines.length > 0 && lines.at(-1) === "") lines.pop();
  const body = lines.join("\n");
  const fence = "`".repeat(Math.max(3, longestRun(body, "`") + 1));
  return `${fence}${language.replaceAll(/[^A-Za-z0-9+#.-]/g, "")}\n${body}\n${fence}`;
}

function longestRun(text: string, character: string): number {
  let longest = 0;
  let run = 0;
  for (const each of text) {
    run = each === character ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  return longest;
}

/** A part that is shown on demand. `summary` is text that was escaped already, `body` is Markdown. */
export function details(summary: string, body: string): string {
  return `<details><summary>${summary.replaceAll("\n", " ")}</summary>\n\n${body.trim()}\n\n</details>`;
}

/** What is open after a line of Markdown, and whether the text may end there. */
interface LineState {
  /** The fence that closes an open block of code; empty when none is open. */
  fence: string;
  /** How many `<details>` are open. */
  depth: number;
  mayEnd: boolean;
  /** The title, when the line is a heading. */
  heading: string | undefined;
}

/**
 * Markdown of at most `limit` UTF-16 units (GitHub counts characters, of which there are never more). Cut between
 * blocks: after a paragraph, an item of a list, a row of a table, a line of code. What is open there is closed, and a
 * sentence says how much is left out.
 */
export function truncateMarkdown(markdown: string, limit: number): string {
  if (markdown.length <= limit) return markdown;
  const lines = markdown.split("\n");
  const states = lineStates(lines);
  const lengths = [0];
  for (const line of lines) lengths.push((lengths.at(-1) ?? 0) + line.length + 1);
  const headings: string[] = [];
  for (let last = lines.length - 1; last >= 0; last -= 1) {
    const state = states[last];
    if (state?.mayEnd === true && (lengths[last + 1] ?? 0) <= limit) {
      const kept = lines
        .slice(0, last + 1)
        .join("\n")
        .trimEnd();
      const closed = `${kept}${state.fence === "" ? "" : `\n${state.fence}`}${"\n\n</details>".repeat(state.depth)}`;
      const result = `${closed}\n\n${notice(lines.length - 1 - last, headings)}`;
      if (result.length <= limit) return result;
    }
    if (state?.heading !== undefined) headings.push(state.heading);
  }
  return notice(lines.length, []).slice(0, Math.max(limit, 0));
}

/** `headings` are those left out, the last one first. */
function notice(lineCount: number, headings: readonly string[]): string {
  const named = headings.slice(-3).reverse();
  const more = headings.length > named.length ? ` and ${headings.length - named.length} more` : "";
  const sections = named.length === 0 ? "" : `, with the sections ${named.join(", ")}${more}`;
  return `Left out here to stay within the length that GitHub takes: ${lineCount} lines${sections}.\n`;
}

function lineStates(lines: readonly string[]): LineState[] {
  const states: LineState[] = [];
  let fence = "";
  let depth = 0;
  for (const [index, line] of lines.entries()) {
    const [, indent = "", marks = "", rest = ""] = /^(\s*)(`{3,}|~{3,})(.*)$/.exec(line) ?? [];
    const wasOpen = fence !== "";
    if (wasOpen) {
      const open = fence.trim();
      if (marks.startsWith(open.charAt(0)) && marks.length >= open.length && rest.trim() === "") fence = "";
    } else if (marks.startsWith("~") || (marks !== "" && !rest.includes("`"))) {
      fence = indent + marks;
    } else {
      depth = Math.max(0, depth + count(line, "<details") - count(line, "</details"));
    }
    const isCode = wasOpen || fence !== "";
    states.push({
      fence,
      depth,
      mayEnd: isCode ? wasOpen : isBoundary(line, lines[index + 1] ?? ""),
      heading: isCode ? undefined : /^#{1,6} +(.+)$/.exec(line)?.[1],
    });
  }
  return states;
}

function count(line: string, part: string): number {
  return line.split(part).length - 1;
}

const row = /^\s*\|/;
const isDelimiterRow = (line: string): boolean => line.includes("-") && /^[\s:|-]+$/.test(line);
/** Starts a block of its own without a blank line before it. */
const blockStart = /^\s*(?:[-*+] |\d+[.)] |#{1,6} |>|```|~~~|<\/?details)/;
/** Promises something that would then be missing. */
const opening = /^\s*(?:#{1,6} |<details|<summary)/;

/** Whether a block ends with `line`, where `next` follows; neither is code. */
function isBoundary(line: string, next: string): boolean {
  if (line.trim() === "" || opening.test(line)) return false;
  if (row.test(line) && row.test(next)) return !isDelimiterRow(line) && !isDelimiterRow(next);
  if (isDelimiterRow(line) && row.test(line)) return false;
  return next.trim() === "" || blockStart.test(next);
}
