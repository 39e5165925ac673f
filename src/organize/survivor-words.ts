import { groupBy } from "../group-by.ts";
import type { ParsedSource } from "./skill-pieces.ts";

/** Words of names that say how a skill came about. */
const kindWords = new Set([
  "case",
  "exp",
  "merged",
  "fix",
  "error",
  "skill",
  "evolved",
  "and",
  "the",
  "with",
  "for",
]);

/** What most of the names have in common, such as `reduction-row`: at most three words, in the order of the first name that has them. */
export function featureOf(names: readonly string[], scope: string): string {
  const scopeWords = new Set(scope.split("-"));
  const words = names.flatMap((name) => [
    ...new Set(
      name.split("-").filter((word) => !kindWords.has(word) && !scopeWords.has(word) && !/^\d+$/.test(word)),
    ),
  ]);
  const counts = [...groupBy(words, (word) => word)].map(([word, all], at) => ({
    word,
    at,
    count: all.length,
  }));
  const shared = counts.filter(({ count }) => count > 1);
  const chosen = (shared.length > 0 ? shared : counts)
    .sort((a, b) => b.count - a.count || a.at - b.at)
    .slice(0, 3)
    .sort((a, b) => a.at - b.at);
  return chosen.map(({ word }) => word).join("-") || "skills";
}

/** Characters of a description: the specification allows 1,024. */
const longestDescription = 1000;

/**
 * The descriptions of the sources one after the other, since an agent finds a skill by them; each sentence once. Of too
 * many each is cut to its share, at the end of a sentence or word.
 */
export function joinedDescription(sources: readonly ParsedSource[]): string {
  const seen = new Set<string>();
  const texts = sources.flatMap(({ frontMatter }) => {
    const sentences = sentencesOf(frontMatter.description).filter((sentence) => !seen.has(sentence));
    for (const sentence of sentences) seen.add(sentence);
    return sentences.length === 0 ? [] : [sentences.join(" ")];
  });
  const whole = texts.join(" ");
  if (whole.length <= longestDescription) return whole;
  const share = Math.floor((longestDescription - texts.length) / texts.length);
  return texts
    .map((text) => cutAtWord(text, share))
    .join(" ")
    .slice(0, longestDescription);
}

function sentencesOf(text: string): string[] {
  return text
    .split(/(?<=[.!?])\s+|(?<=[。！？])/)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== "");
}

function cutAtWord(text: string, length: number): string {
  if (text.length <= length) return text;
  const start = text.slice(0, Math.max(0, length - 1));
  const sentence = /^.*[.。!?！？](?=\s|$)/su.exec(start)?.[0];
  return sentence !== undefined && sentence.length > length / 2
    ? sentence
    : `${start.replace(/\s+\S*$/, "")}…`;
}

/** A title from a feature: `row-reduction` gives `Row reduction`. */
export function titleOf(feature: string): string {
  const words = feature.split("-").join(" ");
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}
