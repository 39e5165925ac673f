import { showHidden } from "../skills/hidden-characters.ts";
import { type ClaimWords, pickWords } from "./claim.ts";
import { itemText } from "./claim-text.ts";
import { fencedLines, openFence } from "./code-fence.ts";
import { itemMark } from "./claim-document.ts";

/**
 * The words as they can stand in a file, with the same meaning: titles on one line, hidden characters and comments
 * made visible, open code fences closed. Writing written words again changes nothing.
 * Parts without places for `when`, `why` and `check` take them into `do`.
 */
export function writtenWords(words: ClaimWords): ClaimWords {
  const title = writtenTitle(words.title);
  if (words.part === "method") {
    const [when, instruction, why, check] = [words.when, words.do, words.why, words.check].map(writtenText);
    return {
      ...pickWords(words),
      title,
      when: when ?? "",
      do: instruction ?? "",
      why: why ?? "",
      check: check ?? "",
    };
  }
  let text = words.do.trim();
  for (const more of [words.when, words.why, words.check]) {
    if (!text.includes(more.trim())) text = `${text}\n${more.trim()}`;
  }
  text = writtenText(words.part === "boundary" ? withoutOnlyMark(text) : text);
  if (words.part === "task") text = oneParagraph(text);
  return { part: words.part, title, when: "", do: text, why: "", check: "" };
}

/** A title on one line. Hashes at its end are escaped, because a heading's closing hashes are no part of it. */
export function writtenTitle(title: string): string {
  const line = showHidden(title.replaceAll("\n", " "))
    .replaceAll("<!--", "<\\!--")
    .split(/\s+/)
    .filter((word) => word !== "")
    .join(" ");
  const hashes = line.slice(line.lastIndexOf(" ") + 1);
  return /^#+$/.test(hashes) ? `${line.slice(0, line.length - hashes.length)}\\${hashes}` : line;
}

/** Why written words cannot stand in a file, or null. What depends on the place is found by reading them back there. */
export function wordsProblem(words: ClaimWords): string | null {
  if (words.do === "") return "it says nothing";
  if (words.part === "method" && words.title === "") return "a method needs a title";
  for (const text of [words.when, words.do, words.why, words.check]) {
    if (holdsHeading(text)) return "a line of its words is a heading";
  }
  return null;
}

/** Headings of the depths that sections and methods have, also indented or underlined ones (CommonMark 4.2, 4.3). */
function holdsHeading(text: string): boolean {
  const lines = fencedLines(text);
  return lines.some(({ line, isCode }, index) => {
    if (isCode) return false;
    const isUnderlined = /^ {0,3}(?:=+|-+)[ \t]*$/.test(line) && (lines[index - 1]?.line.trim() ?? "") !== "";
    return isUnderlined || /^ {0,3}#{1,3}(?:\s|$)/.test(line);
  });
}

function writtenText(text: string): string {
  const shown = showHidden(text.replaceAll(/\r\n?/g, "\n")).trim();
  const visible = fencedLines(shown)
    .map(({ line, isCode }) => (isCode ? line : line.replaceAll("<!--", "<\\!--")))
    .join("\n");
  const fence = openFence(visible);
  return fence === "" ? visible : `${visible}\n${fence}`;
}

/** A boundary is a list item already; a mark of its own is left out unless it is one of several. */
function withoutOnlyMark(text: string): string {
  const others = fencedLines(text).slice(1);
  if (!itemMark.test(text) || others.some(({ line, isCode }) => !isCode && itemMark.test(line))) return text;
  return itemText(text);
}

/** Blank lines outside of code are left out: a task claim is one paragraph. */
function oneParagraph(text: string): string {
  return fencedLines(text)
    .filter(({ line, isCode }) => isCode || line.trim() !== "")
    .map(({ line }) => line)
    .join("\n");
}
