import { wordStem } from "./word-stem.ts";

/** Weights of the terms of one text, in order of term; the vector has length 1, or none where there are no terms. */
export interface TextVector {
  terms: Int32Array;
  weights: Float64Array;
}

/** Lower-case words, stemmed; Han characters in twos. */
export function stemmedWords(text: string): string[] {
  return (text.toLowerCase().match(/\p{Script=Han}{1,2}|[^\W_]+|[\p{L}\p{N}]+/gu) ?? []).map(wordStem);
}

/** The terms of some words, in their order. */
export function termsOfWords(words: readonly string[]): Int32Array {
  return Int32Array.from(words, (word) => termOf(word, 0, word.length));
}

/** The terms of all pieces of four characters. */
export function termsOfPieces(text: string): Int32Array {
  const count = Math.max(text.length === 0 ? 0 : 1, text.length - 3);
  const terms = new Int32Array(count);
  for (let start = 0; start < count; start += 1)
    terms[start] = termOf(text, start, Math.min(start + 4, text.length));
  return terms;
}

/** FNV-1a over UTF-16 units: terms are their hash, so that ten thousand texts need no dictionary. */
function termOf(text: string, start: number, end: number): number {
  let hash = 0x81_1c_9d_c5;
  for (let index = start; index < end; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01_00_01_93);
  }
  return hash;
}

/** How often terms occur, in a table of limited size: terms that share a place in it count as one. */
interface FrequencyTable {
  placeOf: (term: number) => number;
  size: number;
  /** The number of texts, by place. */
  counts: Uint32Array;
}

/** Large enough that few terms share a place, small enough to stay in a processor's cache. */
const tableSizes = { least: 1 << 8, most: 1 << 19 };

function frequencyTable(texts: readonly Int32Array[]): FrequencyTable {
  const occurrences = texts.reduce((sum, terms) => sum + terms.length, 0);
  let size = tableSizes.least;
  while (size < tableSizes.most && size < 2 * occurrences) size *= 2;
  const placeOf = (term: number): number => ((term >>> 16) ^ term) & (size - 1);
  const counts = new Uint32Array(size);
  const lastIn = new Int32Array(size).fill(-1);
  for (const [index, terms] of texts.entries()) {
    for (const term of terms) {
      const place = placeOf(term);
      if (lastIn[place] === index) continue;
      lastIn[place] = index;
      counts[place] = (counts[place] ?? 0) + 1;
    }
  }
  return { placeOf, size, counts };
}

/** TF-IDF vectors of texts: `(1 + ln tf) * ln(1 + n / df)`, to length 1. */
export function textVectors(texts: readonly Int32Array[]): TextVector[] {
  const { placeOf, counts } = frequencyTable(texts);
  return texts.map((text) => {
    const sorted = Int32Array.from(text).sort();
    const terms = new Int32Array(sorted.length);
    const weights = new Float64Array(sorted.length);
    let size = 0;
    let sum = 0;
    for (let start = 0, end = 0; start < sorted.length; start = end) {
      const term = sorted[start] ?? 0;
      while (sorted[end] === term) end += 1;
      const weight = (1 + Math.log(end - start)) * Math.log(1 + texts.length / (counts[placeOf(term)] ?? 1));
      terms[size] = term;
      weights[size] = weight;
      sum += weight * weight;
      size += 1;
    }
    const length = Math.sqrt(sum) || 1;
    for (let index = 0; index < size; index += 1) weights[index] = (weights[index] ?? 0) / length;
    return { terms: terms.slice(0, size), weights: weights.slice(0, size) };
  });
}

/** The cosine of two vectors, 0 to 1. */
export function cosine(left: TextVector, right: TextVector): number {
  const [a, b] = [left.terms, right.terms];
  let sum = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const one = a[i] ?? 0;
    const other = b[j] ?? 0;
    if (one === other) sum += (left.weights[i++] ?? 0) * (right.weights[j++] ?? 0);
    else if (one < other) i += 1;
    else j += 1;
  }
  return sum;
}

/** Texts by their rarest terms. */
export interface TermIndex {
  /** The texts that share the rarest of these terms, those with most weight in common first; of equal ones the first. */
  likely(terms: Int32Array): number[];
}

/**
 * An index over texts that gives at most `most` of them for a question and looks at no more than `maxLookedAt` places for
 * it, the rarest terms first, so that questions take the same time however many texts there are.
 */
export function termIndex(
  texts: readonly Int32Array[],
  { most, maxLookedAt }: { most: number; maxLookedAt: number },
): TermIndex {
  const { placeOf, size, counts } = frequencyTable(texts);
  const starts = new Uint32Array(size + 1);
  for (let place = 0; place < size; place += 1)
    starts[place + 1] = (starts[place] ?? 0) + (counts[place] ?? 0);
  const next = starts.slice();
  const holders = new Int32Array(starts[size] ?? 0);
  for (const [index, terms] of texts.entries()) {
    for (const place of new Set(terms.map(placeOf))) {
      const at = next[place] ?? 0;
      holders[at] = index;
      next[place] = at + 1;
    }
  }
  const weights = new Float64Array(texts.length);

  function likely(question: Int32Array): number[] {
    const known = [...new Set(question.map(placeOf))]
      .filter((place) => (counts[place] ?? 0) > 0)
      .sort((a, b) => (counts[a] ?? 0) - (counts[b] ?? 0) || a - b);
    const touched: number[] = [];
    let looked = 0;
    for (const place of known) {
      const count = counts[place] ?? 0;
      if (looked > 0 && looked + count > maxLookedAt) break;
      looked += count;
      const weight = Math.log(1 + texts.length / count) ** 2;
      const start = starts[place] ?? 0;
      for (const index of holders.subarray(start, start + Math.min(count, maxLookedAt))) {
        if (weights[index] === 0) touched.push(index);
        weights[index] = (weights[index] ?? 0) + weight;
      }
    }
    const best = heaviest(touched, weights, most);
    for (const index of touched) weights[index] = 0;
    return best;
  }
  return { likely };
}

/** The `most` indexes of most weight, the heaviest first; of equal ones the lowest. */
function heaviest(indexes: readonly number[], weights: Float64Array, most: number): number[] {
  const best: number[] = [];
  const isBefore = (one: number, other: number): boolean => {
    const [a, b] = [weights[one] ?? 0, weights[other] ?? 0];
    return a > b || (a === b && one < other);
  };
  for (const index of indexes) {
    const last = best.at(-1);
    if (best.length === most && last !== undefined && !isBefore(index, last)) continue;
    if (best.length === most) best.pop();
    let at = best.length;
    while (at > 0 && isBefore(index, best[at - 1] ?? index)) at -= 1;
    best.splice(at, 0, index);
  }
  return best;
}
