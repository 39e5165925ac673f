import { usageFailure } from "../failure.ts";
import { longestCompatibility, longestDescription } from "./front-matter-fields.ts";
import { showHidden } from "./hidden-characters.ts";
import { quoted } from "./lint-rules.ts";
import { readsAsText } from "./yaml-subset.ts";

/** The typographic signs for operators, so that no `<` or `>` remains: skill uploads refuse both as markup. */
const bracketSigns: readonly [ascii: string, sign: string][] = [
  ["<=", "≤"],
  [">=", "≥"],
  ["->", "→"],
  ["=>", "⇒"],
  ["<-", "←"],
  ["<", "‹"],
  [">", "›"],
];

/**
 * Text that every YAML reader and every splitter of front matter reads alike: one line, no control or hidden
 * character, no run of three hyphens (many readers end the front matter there).
 */
export function singleLine(text: string): string {
  const spaced = text.replaceAll(/[\s\u0085\u2028\u2029]+/gu, " ").trim();
  return showHidden(spaced).replaceAll(/-{3,}/g, "—");
}

/** A description as it is written: without angle brackets, at most 1,024 code points. */
export function writtenDescription(text: string): string {
  let line = singleLine(text);
  for (const [ascii, sign] of bracketSigns) line = line.replaceAll(ascii, sign);
  // A style selector may have lost its symbol to a quotation mark.
  return cutAtWord(showHidden(line), longestDescription);
}

export function writtenCompatibility(text: string): string {
  return cutAtWord(singleLine(text), longestCompatibility);
}

/** At most `limit` code points; what is cut ends with an ellipsis, after a whole word where one ends close by. */
function cutAtWord(text: string, limit: number): string {
  const characters = Array.from(text);
  if (characters.length <= limit) return text;
  const kept = characters.slice(0, limit - 1).join("");
  const lastWord = /[\s，。；、：！？][^\s，。；、：！？]{0,80}$/u.exec(kept);
  // A joiner or style selector at the cut would have nothing left to join.
  const end = /[\s\p{P}\p{Default_Ignorable_Code_Point}]+$/u;
  return `${(lastWord ? kept.slice(0, lastWord.index) : kept).replace(end, "")}…`;
}

/** A key of metadata as it is written; refuses one that cannot be written alike for every reader. */
export function writtenKey(key: string): string {
  if (key === "" || key.length > 128 || singleLine(key) !== key) {
    throw usageFailure(
      `The metadata key ${quoted(key)} cannot be written so that every YAML reader reads it alike.`,
      "Use letters, digits, dots and single hyphens, at most 128 of them.",
    );
  }
  return /^[A-Za-z][\w.-]*$/.test(key) && readsAsText(key) ? key : doubleQuoted(key);
}

/**
 * A double-quoted YAML scalar on one line. After `singleLine` only quotes and backslashes need an escape, and
 * JSON's are the same as YAML's.
 */
export function doubleQuoted(text: string): string {
  return JSON.stringify(text);
}
