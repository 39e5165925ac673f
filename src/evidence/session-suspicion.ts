import type { Place } from "../reporter.ts";
import type { SignPlace } from "../skills/warning-signs.ts";
import { suspiciousLines } from "../traces/suspicious-text.ts";

/** Text of a trace that may be meant to steer a reader; for the reviewer only. */
export interface Suspicion {
  file: string;
  line: number;
  /** Continues "The line ...". */
  what: string;
}

const maxShown = 100;
/** The start and the end of a longer text are looked at; nothing else of it enters evidence. */
const maxLooked = { long: 64_000, short: 4000 };

/**
 * Adds what is suspicious in a text, each sign once. What programs print is long and looked at less (`short`) than
 * pages and files, which others wrote. Returns how many did not fit.
 */
export function noteSuspicions(
  found: Suspicion[],
  text: string,
  place: Place,
  length: keyof typeof maxLooked = "long",
): number {
  let left = 0;
  for (const what of signsOf(text, maxLooked[length])) {
    if (found.length >= maxShown) left += 1;
    else found.push({ file: place.file, line: place.line ?? 1, what });
  }
  return left;
}

/** Whether a text may not enter a claim. */
export function isSuspicious(text: string): boolean {
  return signsOf(text, maxLooked.long).size > 0;
}

/**
 * Whether words of a trace may stand in a claim as somebody's reason or advice. What an agent did is told with a
 * warning; what it only says has to be free of more: of packages to install, downloads and addresses.
 */
export function isQuotable(words: string): boolean {
  return signsOf(words, maxLooked.long, "quote").size === 0;
}

function signsOf(text: string, limit: number, place: SignPlace = "trace"): Set<string> {
  const looked = text.length <= limit ? text : `${text.slice(0, limit / 2)}\n${text.slice(-limit / 2)}`;
  return new Set(suspiciousLines(looked, { place }).map(({ what }) => what));
}
