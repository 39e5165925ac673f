import { findDuplicates, type LikelyDuplicate } from "./claim-dedup.ts";
import type { Claim, ClaimWords } from "./claim.ts";
import { fencedLines } from "./code-fence.ts";
import type { DedupVerdict } from "./dedup-judge.ts";
import { withoutOwnNames } from "./fix-words.ts";
import type { LibraryClaims } from "./material.ts";
import { literalsOf } from "./similarity.ts";

/** What is to become of a claim that a distiller would add. */
export type Settlement =
  /** `note` tells what it may be the same as. */
  | { kind: "new"; note?: string }
  /** A claim of the skill says it. */
  | { kind: "known"; id: string }
  /** A person deleted the claim of the skill that said it. */
  | { kind: "deleted"; id: string }
  /** A claim of another skill says it. */
  | { kind: "elsewhere"; skill: string; id: string };

/** A claim to be added, and one that may say the same. */
export interface ClaimPair {
  /** The place of the new claim among those given. */
  index: number;
  words: ClaimWords;
  existing: Claim;
  /** The other skill that it stands in; null for the skill that is extended. */
  skill: string | null;
  score: number;
  verdict: LikelyDuplicate["verdict"];
}

/** So many existing claims are looked at for each new one. */
const mostPairs = 3;
/** Below this score a note that two claims may be the same is right too seldom to be read. */
const noteAt = 0.3;

/**
 * The pairs of new and existing methods that may say the same, by their words without code: best first for each new claim.
 * Claims that a person deleted count too.
 */
export function likePairs(
  words: readonly ClaimWords[],
  known: readonly Claim[],
  library: LibraryClaims,
): ClaimPair[] {
  const existing = [
    ...known.filter((claim) => claim.state !== "deprecated").map((claim) => ({ claim, skill: null })),
    ...[...library].flatMap(([skill, claims]) =>
      claims.filter((claim) => claim.state === "active").map((claim) => ({ claim, skill })),
    ),
  ].filter(({ claim }) => claim.part === "method");
  const said = words
    .map((claim, index) => ({ id: String(index), text: wordsToCompare(claim), part: claim.part }))
    .filter(({ part }) => part === "method");
  const others = existing.map(({ claim }, index) => ({ id: String(index), text: wordsToCompare(claim) }));
  return findDuplicates(said, others, mostPairs).flatMap(({ newId, existingId, score, verdict }) => {
    const index = Number(newId);
    const [claim, other] = [words[index], existing[Number(existingId)]];
    if (claim === undefined || other === undefined) return [];
    return [{ index, words: claim, existing: other.claim, skill: other.skill, score, verdict }];
  });
}

/**
 * Decides for each claim that would be added whether something says it already. Claims whose literals differ (numbers,
 * architectures, names of an interface, and what is done with them) are never taken for one, whatever their likeness
 * and whatever a judge says. Without a judge's verdict a pair of the middle band is one claim only where both name the
 * same error. `verdicts` holds a judge's answers by pair.
 */
export function settleClaims(
  words: readonly ClaimWords[],
  pairs: readonly ClaimPair[],
  verdicts: ReadonlyMap<ClaimPair, DedupVerdict> = new Map(),
): Settlement[] {
  return words.map((claim, index) => {
    const own = pairs.filter((pair) => pair.index === index);
    const same = own.find((pair) => isSame(pair, verdicts.get(pair)));
    if (same) return settled(same);
    const [closest] = own;
    if (closest === undefined || closest.existing.state !== "active") return { kind: "new" };
    const verdict = verdicts.get(closest);
    const isWorthANote =
      verdict === undefined
        ? closest.score >= noteAt || namesSameError(claim, closest.existing)
        : verdict !== "unrelated" && verdict !== "complementary";
    return isWorthANote ? { kind: "new", note: noteOf(closest, verdict) } : { kind: "new" };
  });
}

function settled({ existing, skill }: ClaimPair): Settlement {
  if (skill !== null) return { kind: "elsewhere", skill, id: existing.id };
  return existing.state === "removed"
    ? { kind: "deleted", id: existing.id }
    : { kind: "known", id: existing.id };
}

function isSame(pair: ClaimPair, verdict: DedupVerdict | undefined): boolean {
  if (!hasSameLiterals(pair.words, pair.existing)) return false;
  if (verdict !== undefined) return verdict === "duplicate" || verdict === "more_general";
  return pair.verdict === "duplicate" || namesSameError(pair.words, pair.existing);
}

function noteOf({ words, existing, skill }: ClaimPair, verdict: DedupVerdict | undefined): string {
  const where = skill === null ? "" : ` of the skill ${skill}`;
  const what = verdict === "contradicts" ? "may contradict" : "is possibly the same as";
  return `"${words.title}" ${what} the claim ${existing.id}${where}.`;
}

type Said = Pick<ClaimWords, "title" | "when" | "do">;

/**
 * Whether two claims are about the same literals, in the same order in what they tell to do: "2 instead of 8" is not "8
 * instead of 2", and to add something is not to drop it.
 */
export function hasSameLiterals(one: Said, other: Said): boolean {
  const [left, right] = [one, other].map((claim) => {
    const condition = [...literalsOf(withoutOwnNames(claim.when))].sort();
    const advice = withoutOwnNames(withoutCode(claim.do));
    return JSON.stringify([condition, [...literalsOf(advice)], actionsIn(advice)]);
  });
  return left === right;
}

/** Words that turn advice into its opposite. */
const action =
  /\b(?:add|drop|remove|delete|end|set|use|write|avoid|instead|without|not|never|no|less|fewer|more|lower|higher|smaller|larger|before|after)\b/g;

function actionsIn(advice: string): string[] {
  return (
    advice
      .replaceAll(/(`+).+?\1/g, "")
      .toLowerCase()
      .match(action) ?? []
  );
}

/** Whether the conditions of two claims hold the same texts in code marks. */
function namesSameError(one: Said, other: Said): boolean {
  const [left, right] = [one, other].map((claim) => (claim.when.match(/(`+).+?\1/g) ?? []).sort().join("\n"));
  return left !== "" && left === right;
}

function wordsToCompare({ title, when, do: advice }: Said): string {
  return [title, when, withoutCode(advice)].join("\n");
}

function withoutCode(text: string): string {
  return fencedLines(text)
    .filter(({ isCode }) => !isCode)
    .map(({ line }) => line)
    .join("\n");
}
