import { stripVTControlCharacters } from "node:util";
import { codePointName, hiddenCharacters } from "../skills/hidden-characters.ts";
import { signsOfLine, type WarningSign } from "../skills/warning-signs.ts";

const byteOrderMark = "\uFEFF";

/** Text is looked at in pieces of a line, so that a sign in the middle of a long one is seen. */
const pieceLength = 3_000;
const overlap = 500;

const address = /\bhttps?:\/\/[^\s"'`<>()[\]{}|\\^]{1,2000}/gi;

/** The addresses that a text names, in one spelling. */
export function addressesIn(text: string): string[] {
  return [...text.matchAll(address)].flatMap(([found]) => {
    const url = URL.parse(found.replace(/[.,;:!?*_~]+$/, ""));
    if (!url) return [];
    url.hash = "";
    return [url.href];
  });
}

/**
 * The lines of a text in a trace that may be meant to steer whoever reads it: instructions to agents, marks of roles,
 * hidden characters, HTML, commands that run what they fetch, and, where `knownAddresses` are given (those of the
 * commands that the agent ran, by `addressesIn`), any other address. Words that are split over two lines or by hidden
 * characters are found too. For a reviewer; nothing here is followed. Linear in the text.
 */
export function suspiciousLines(text: string, knownAddresses?: ReadonlySet<string>): WarningSign[] {
  const found: WarningSign[] = [];
  // Tools print colours and titles; nobody hides anything in them.
  const readable = stripVTControlCharacters(text);
  const hidden = hiddenByLine(readable);
  let before = "";
  let seenBefore = new Set<string>();
  for (const [index, line] of readable.split("\n").entries()) {
    const names = hidden.get(index);
    const plain = names ? withoutHidden(line) : line;
    const seen = signsOf(plain);
    const here = new Set(seen);
    if (before !== "" && plain !== "")
      for (const what of signsOf(`${before.slice(-overlap)} ${plain.slice(0, overlap)}`))
        if (!seenBefore.has(what)) here.add(what);
    if (names) here.add(`holds hidden characters: ${[...names].slice(0, 8).join(", ")}`);
    if (knownAddresses && addressesIn(plain).some((one) => !knownAddresses.has(one)))
      here.add("names an address that the agent did not use");
    for (const what of here) found.push({ line: index + 1, what });
    before = plain;
    seenBefore = here;
  }
  return found;
}

function signsOf(line: string): Set<string> {
  const found = new Set<string>();
  for (let from = 0; from === 0 || from + overlap < line.length; from += pieceLength - overlap)
    for (const what of signsOfLine(line.slice(from, from + pieceLength), "trace")) found.add(what);
  return found;
}

/** The hidden characters of each line, by the line's index; a carriage return of a progress bar is none. */
function hiddenByLine(text: string): Map<number, Set<string>> {
  const byLine = new Map<number, Set<string>>();
  let line = 0;
  let counted = 0;
  for (const { index, character } of hiddenCharacters(text)) {
    // Backspaces, form feeds and bells are what terminals print; a lone half of a pair is a cut text.
    if (/[\p{Cc}\p{Cs}]/u.test(character) || (index === 0 && character === byteOrderMark)) continue;
    for (let at = text.indexOf("\n", counted); at >= 0 && at < index; at = text.indexOf("\n", counted)) {
      line++;
      counted = at + 1;
    }
    const names = byLine.get(line) ?? new Set<string>();
    byLine.set(line, names.add(codePointName(character)));
  }
  return byLine;
}

function withoutHidden(line: string): string {
  let plain = "";
  let copied = 0;
  for (const { index, character } of hiddenCharacters(line)) {
    plain += line.slice(copied, index);
    copied = index + character.length;
  }
  return plain + line.slice(copied);
}
