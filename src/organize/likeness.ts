import { cosine, stemmedWords, termsOfPieces, termsOfWords, textVectors } from "../distill/text-vectors.ts";
import { likelyPairs } from "./min-hash.ts";

/** Two texts that are alike, by their places; the first is the smaller. */
export interface AlikePair {
  one: number;
  other: number;
  /** 0 to 1. */
  score: number;
}

/** Compares texts by half the cosine of their stemmed words and half that of their pieces, both weighted by TF-IDF. */
export interface Likeness {
  score(one: number, other: number): number;
  /** The pairs that score at least `threshold`, by place; not quite all where the texts are many. */
  pairs(threshold: number): AlikePair[];
  /** The same by comparing every pair, to measure what the index misses. */
  allPairs(threshold: number): AlikePair[];
}

/** Characters of a text that are compared: the rest of a longer one repeats its subject. */
const longest = 6000;

/** Of 1,000 made skills all but 2 of 2,461 pairs at a likeness of 0.3 and more share a band (docs/benchmarks/organize.md). */
const bands = { bands: 96, rows: 2, mostInBucket: 24 };
/**
 * Terms of more skills than this, as a share and as a number, say what a library is about and tell no two of its skills
 * apart; with them the number of chance pairs would grow with the square of the library.
 */
const commonAt = { share: 0.02, most: 200, least: 8 };
/** So few texts are compared pair by pair. */
const fewTexts = 150;

export function likenessOf(texts: readonly string[]): Likeness {
  const plain = texts.map((text) =>
    text
      .slice(0, longest)
      .toLowerCase()
      .replaceAll(/[`*#>\s]+/g, " ")
      .trim(),
  );
  const terms = plain.map((text) => termsOfWords(stemmedWords(text)));
  const words = textVectors(terms);
  const pieces = textVectors(plain.map(termsOfPieces));
  const score = (one: number, other: number): number => {
    const [a, b, c, d] = [words[one], words[other], pieces[one], pieces[other]];
    return a && b && c && d ? (cosine(a, b) + cosine(c, d)) / 2 : 0;
  };
  const above = (pairs: Iterable<readonly [number, number]>, threshold: number): AlikePair[] => {
    const found: AlikePair[] = [];
    for (const [one, other] of pairs) {
      const value = score(one, other);
      if (value >= threshold) found.push({ one, other, score: value });
    }
    return found;
  };
  return {
    score,
    pairs: (threshold) =>
      above(
        texts.length <= fewTexts ? everyPair(texts.length) : likelyPairs(tellingTerms(terms), bands),
        threshold,
      ),
    allPairs: (threshold) => above(everyPair(texts.length), threshold),
  };
}

/** The terms of each text that other texts have too, but not many. */
function tellingTerms(texts: readonly Int32Array[]): Int32Array[] {
  const sets = texts.map((terms) => new Set(terms));
  const holders = new Map<number, number>();
  for (const terms of sets) for (const term of terms) holders.set(term, (holders.get(term) ?? 0) + 1);
  const { share, most, least } = commonAt;
  const limit = Math.max(least, Math.min(most, share * texts.length));
  const isTelling = (term: number): boolean => {
    const count = holders.get(term) ?? 0;
    return count > 1 && count <= limit;
  };
  return sets.map((terms) => Int32Array.from([...terms].filter(isTelling)));
}

function* everyPair(count: number): Generator<readonly [number, number]> {
  for (let one = 0; one < count; one += 1) {
    for (let other = one + 1; other < count; other += 1) yield [one, other];
  }
}
