import { wordsOf } from "../distill/similarity.ts";
import type { Place } from "../reporter.ts";
import { ownCopy } from "./session-history.ts";
import { sentencesOf } from "./session-sentences.ts";

/** A sentence of the agent or the user that says why something is done. */
export interface Decision {
  text: string;
  place: Place;
  /** The lane's count when it was said: how close it is to a fix. */
  seq: number;
}

/** Words that give a reason or compare. */
const cue =
  /\b(?:because|since|so|therefore|instead|must|only|needs?|requires?|cannot|can't|rather than|otherwise|unless|never|always|has to|have to|too|slower|fewer|larger than|smaller than)\b/i;
/** Reports of success give no reason. */
const report = /\bpass(?:es|ed)?\b|\d(?:\.\d+)?x\b/i;
const maxCandidates = 240;
const longest = 240;
const shortest = 25;
const chosen = 5;
const rounds = 30;
/** The usual damping of PageRank, which TextRank takes over (Mihalcea and Tarau, "TextRank", EMNLP 2004). */
const damping = 0.85;

/** Adds the sentences of a text that may be decisions; returns how many old ones were dropped for length. */
export function noteDecisions(candidates: Decision[], text: string, place: Place, seq: number): number {
  for (const sentence of sentencesOf(text.slice(0, 4000))) {
    if (sentence.length < shortest || sentence.length > longest || !cue.test(sentence)) continue;
    if (sentence.endsWith("?") || report.test(sentence)) continue;
    candidates.push({ text: ownCopy(sentence), place, seq });
  }
  const over = Math.max(0, candidates.length - maxCandidates);
  candidates.splice(0, over);
  return over;
}

/**
 * The few sentences that say most: TextRank over the words they share, times the closeness to a verified fix or gain.
 * `spans` are the counts between which those were worked on.
 */
export function rankDecisions(
  candidates: readonly Decision[],
  spans: readonly (readonly [from: number, to: number])[],
): Decision[] {
  const unique = [...new Map(candidates.map((one) => [one.text.toLowerCase(), one])).values()];
  // Short words join everything with everything.
  const words = unique.map((one) => new Set([...wordsOf(one.text)].filter((word) => word.length > 3)));
  const weights = unique.map((_, i) => unique.map((_, j) => (i === j ? 0 : overlap(words[i], words[j]))));
  const totals = weights.map((row) => row.reduce((sum, weight) => sum + weight, 0));
  let ranks = unique.map(() => 1);
  for (let round = 0; round < rounds; round += 1) {
    ranks = ranks.map((_, i) => {
      let sum = 0;
      for (const [j, rank] of ranks.entries()) {
        const total = totals[j] ?? 0;
        if (total > 0) sum += ((weights[j]?.[i] ?? 0) / total) * rank;
      }
      return 1 - damping + damping * sum;
    });
  }
  return unique
    .map((one, i) => ({ one, score: (ranks[i] ?? 0) * closeness(one.seq, spans) }))
    .sort((a, b) => b.score - a.score || (a.one.text < b.one.text ? -1 : 1))
    .slice(0, chosen)
    .map(({ one }) => one)
    .sort((a, b) => a.seq - b.seq);
}

/** TextRank's similarity: shared words over the logarithms of the lengths. */
function overlap(one: ReadonlySet<string> = new Set(), other: ReadonlySet<string> = new Set()): number {
  if (one.size < 2 || other.size < 2) return 0;
  let shared = 0;
  for (const word of one) if (other.has(word)) shared += 1;
  return shared / (Math.log(one.size) + Math.log(other.size));
}

/** 1 inside of a span, half of it and less outside. */
function closeness(seq: number, spans: readonly (readonly [from: number, to: number])[]): number {
  const distance = Math.min(
    ...spans.map(([from, to]) => (seq < from ? from - seq : seq > to ? seq - to : 0)),
    50,
  );
  return distance === 0 ? 1 : 1 / (2 + distance / 5);
}
