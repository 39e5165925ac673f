import type { Claim } from "./claim.ts";
import { readClaimWords } from "./claim-text.ts";
import type { ClaimBlock } from "./reconcile.ts";
import { sharedShare, wordsOf } from "./similarity.ts";

/** Below this share of common words a rewritten block counts as a new claim and not as an edited one. */
const editedAtLeast = 0.5;

/**
 * A block is compared with at most this many claims, those with its rarest words first. People edit a few claims at
 * a time; more than this many with the same rare words are not told apart by words at all.
 */
const maxCompared = 200;

/**
 * Finds the claim that each block is: by equal text, else by title, else by most words in common. Does not depend
 * on the order of the claims; of equal candidates the one with the first id is taken.
 */
export function pairClaims(blocks: readonly ClaimBlock[], claims: readonly Claim[]): Map<ClaimBlock, Claim> {
  const byId = [...claims].sort((a, b) => (a.id < b.id ? -1 : 1));
  const paired = new Map<ClaimBlock, Claim>();
  const byText = groupBy(byId, (claim) => key(claim.part, normalisedText(claim.text)));
  for (const group of byText.values()) group.reverse();
  for (const block of blocks) {
    const claim = byText.get(key(block.part, normalisedText(block.text)))?.pop();
    if (claim) paired.set(block, claim);
  }
  const taken = new Set(paired.values());
  const ranked = rankedCandidates(
    blocks.filter((block) => !paired.has(block)),
    byId.filter((claim) => !taken.has(claim)),
  );
  for (const { block, claim } of ranked) {
    if (paired.has(block) || taken.has(claim)) continue;
    paired.set(block, claim);
    taken.add(claim);
  }
  return paired;
}

/** Line ends, and blanks at the end, are not what a claim says. */
export function normalisedText(text: string): string {
  return text.replaceAll("\r\n", "\n").trimEnd();
}

interface Candidate {
  block: ClaimBlock;
  claim: Claim;
  /** The share of common words, and one more where the titles are equal. */
  rank: number;
}

/** Pairs that may be an edit, the likeliest first. */
function rankedCandidates(blocks: readonly ClaimBlock[], claims: readonly Claim[]): Candidate[] {
  const wordsOfClaim = new Map(claims.map((claim) => [claim, wordsOf(claim.text)]));
  const wordsOfBlock = new Map(blocks.map((block) => [block, wordsOf(block.text)]));
  const frequency = new Map<string, number>();
  for (const words of [...wordsOfClaim.values(), ...wordsOfBlock.values()]) {
    for (const word of words) frequency.set(word, (frequency.get(word) ?? 0) + 1);
  }
  const byTitle = groupBy(
    claims.filter((claim) => claim.part === "method" && claim.title !== ""),
    (claim) => claim.title.toLowerCase(),
  );
  const byRareWord = new Map<string, Claim[]>();
  for (const [claim, words] of wordsOfClaim) {
    for (const word of rarest(words, frequency)) addTo(byRareWord, key(claim.part, word), claim);
  }

  const candidates: Candidate[] = [];
  for (const [block, words] of wordsOfBlock) {
    const title = block.part === "method" ? readClaimWords("method", block.text).title.toLowerCase() : "";
    const compared = new Set<Claim>((title === "" ? [] : (byTitle.get(title) ?? [])).slice(0, maxCompared));
    for (const word of rarest(words, frequency)) {
      for (const claim of byRareWord.get(key(block.part, word)) ?? []) {
        if (compared.size >= maxCompared) break;
        compared.add(claim);
      }
    }
    for (const claim of compared) {
      const isSameTitle = title !== "" && claim.title.toLowerCase() === title;
      const rank = sharedShare(words, wordsOfClaim.get(claim) ?? new Set()) + (isSameTitle ? 1 : 0);
      if (rank >= editedAtLeast) candidates.push({ block, claim, rank });
    }
  }
  return candidates.sort(
    (a, b) => b.rank - a.rank || compare(a.claim.id, b.claim.id) || compare(a.block.text, b.block.text),
  );
}

/**
 * The words of which two texts must share one to have `editedAtLeast` of their words in common, when both are
 * sorted by the same order: a set that lacks all of them can share at most the rest (prefix filtering).
 */
function rarest(words: ReadonlySet<string>, frequency: ReadonlyMap<string, number>): string[] {
  const sorted = [...words].sort(
    (a, b) => (frequency.get(a) ?? 0) - (frequency.get(b) ?? 0) || compare(a, b),
  );
  return sorted.slice(0, sorted.length - Math.ceil(sorted.length * editedAtLeast) + 1);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function key(part: string | null, text: string): string {
  return `${part}\0${text}`;
}

function groupBy(claims: readonly Claim[], keyOf: (claim: Claim) => string): Map<string, Claim[]> {
  const groups = new Map<string, Claim[]>();
  for (const claim of claims) addTo(groups, keyOf(claim), claim);
  return groups;
}

function addTo(groups: Map<string, Claim[]>, name: string, claim: Claim): void {
  const group = groups.get(name);
  if (group) group.push(claim);
  else groups.set(name, [claim]);
}
