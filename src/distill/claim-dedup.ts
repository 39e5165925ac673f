import { groupBy } from "../group-by.ts";
import { cosine, stemmedWords, termIndex, termsOfPieces, termsOfWords, textVectors } from "./text-vectors.ts";

/** Something that a claim says, with what names it. */
export interface SaidText {
  id: string;
  text: string;
}

/** Two claims that may say the same. `score` is 0 to 1; 1 for equal texts. */
export interface LikelyDuplicate {
  newId: string;
  existingId: string;
  score: number;
  /** `duplicate`: without doubt the same words. `candidate`: a person, a model or a closer look has to say. */
  verdict: "duplicate" | "candidate";
}

/**
 * Measured on 1,128 pairs of kernel lessons: light edits of one lesson score 0.66 and more, different lessons less.
 * Paraphrases and lessons of the same subject lie between, down to 0.12.
 */
export const duplicateAt = 0.66;
export const candidateAt = 0.12;

/** How the existing claims that are compared with a new one are found. */
const search = { most: 16, maxLookedAt: 1000 };
/** Claims are shorter; the rest of a longer text does not count. */
const maxLength = 4000;

/**
 * Finds for each new claim the existing ones that may say the same, best first; at most `most` each. Texts are equal
 * when they differ in case, spacing and marks only. Of the others those that share its rarest words and pairs of words are
 * scored: half the cosine of stemmed words, half that of pieces of four characters, both weighted by how rare they are
 * (TF-IDF). Takes time in proportion to the number of claims; of equal scores the first claim comes first.
 * `compareAll` compares every pair instead, to measure what the index misses.
 */
export function findDuplicates(
  newClaims: readonly SaidText[],
  existing: readonly SaidText[],
  most = 3,
  { compareAll = false } = {},
): LikelyDuplicate[] {
  const texts = [...newClaims, ...existing].map(({ text }) => plainText(text));
  const stems = texts.map(stemmedWords);
  const words = textVectors(stems.map(termsOfWords));
  const pieces = textVectors(texts.map(termsOfPieces));
  const keys = stems.map((stemmed) => termsOfWords([...stemmed, ...pairsOf(stemmed)]));
  const first = newClaims.length;
  const index = termIndex(keys.slice(first), search);
  const byText = groupBy(existing.keys(), (other) => texts[first + other]);

  const score = (left: number, right: number): number => {
    const [a, b, c, d] = [words[left], words[right], pieces[left], pieces[right]];
    return a && b && c && d ? (cosine(a, b) + cosine(c, d)) / 2 : 0;
  };
  return newClaims.flatMap(({ id: newId }, at) => {
    const equal = (byText.get(texts[at]) ?? []).slice(0, most).map((other) => ({ other, score: 1 }));
    const compared = compareAll ? [...existing.keys()] : index.likely(keys[at] ?? new Int32Array());
    const alike = compared
      .filter((other) => texts[first + other] !== texts[at])
      .map((other) => ({ other, score: score(at, first + other) }))
      .filter((pair) => pair.score >= candidateAt)
      .sort((a, b) => b.score - a.score || a.other - b.other);
    return [...equal, ...alike].slice(0, most).map(({ other, score: found }) => ({
      newId,
      existingId: existing[other]?.id ?? "",
      score: found,
      verdict: found >= duplicateAt ? ("duplicate" as const) : ("candidate" as const),
    }));
  });
}

function plainText(text: string): string {
  return text
    .slice(0, maxLength)
    .toLowerCase()
    .replaceAll(/[`*#>\s]+/g, " ")
    .trim();
}

function pairsOf(words: readonly string[]): string[] {
  return words.slice(1).map((word, index) => `${words[index]} ${word}`);
}
