import { hiddenLines, withoutHidden } from "../skills/hidden-characters.ts";
import { type SignPlace, type WarningSign, warningSigns } from "../skills/warning-signs.ts";
import { withoutTerminalSequences } from "../terminal-sequence.ts";

const byteOrderMark = "\uFEFF";

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
 * commands that the agent ran, by `addressesIn`), any other address. Words that are split over lines, by hidden
 * characters or by letters that only look like others are found too. For a reviewer; nothing here is followed. As a
 * `quote`, which would stand in a skill, more is held against it. Linear in the text.
 */
export function suspiciousLines(
  text: string,
  { knownAddresses, place = "trace" }: { knownAddresses?: ReadonlySet<string>; place?: SignPlace } = {},
): WarningSign[] {
  // Tools print colours and titles; nobody hides anything in them.
  const readable = withoutTerminalSequences(text);
  const found = warningSigns(readable, place);
  for (const { line, names } of hiddenLines(readable, isFromTerminal))
    found.push({ line, what: `holds hidden characters: ${names.slice(0, 8).join(", ")}` });
  if (knownAddresses) {
    for (const [index, line] of readable.split("\n").entries())
      if (addressesIn(withoutHidden(line)).some((one) => !knownAddresses.has(one)))
        found.push({ line: index + 1, what: "names an address that the agent did not use" });
  }
  return found.sort((a, b) => a.line - b.line);
}

/** Backspaces, form feeds and bells are what terminals print; a lone half of a pair is a cut text. */
function isFromTerminal(character: string, index: number): boolean {
  return /[\p{Cc}\p{Cs}]/u.test(character) || (index === 0 && character === byteOrderMark);
}
