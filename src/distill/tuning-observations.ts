import type { StepItem } from "../evidence/conversation-items.ts";
import type { Evidence } from "../evidence/evidence.ts";
import { languageOfCode, sameTime } from "../evidence/expert-advice.ts";
import { changedLines, unnamedPlaces } from "./change-lines.ts";
import { compareFacts } from "./code-change.ts";
import { type CodeFacts, readCodeFacts } from "./code-facts.ts";
import type { Observation } from "./observations.ts";

/** One change of the code, with everything that was measured about it in this conversation and in earlier ones. */
export interface TuningObservation extends Observation {
  /** Equal for equal changed lines, wherever they were made. */
  key: string;
  /** Changes that no time was measured after. */
  unmeasured: Evidence[];
  /** The shortest time before the change with the largest gain, where the version that it was made to was slower. */
  record: number | undefined;
  /** What users said before it, the largest gain first; empty where the agent changed the code by itself. */
  words: string[];
}

/** The changed lines of a diff: the same change of another version has the same. */
export function changeKey(diff: string): string {
  const { removed, added } = changedLines(diff);
  return JSON.stringify([removed, added]);
}

/**
 * Groups changes by their changed lines. Code that was generated again without a change tells nothing and is left
 * out. `known` is the evidence of earlier conversations about the same operator; one measurement counts once, also in
 * a conversation that grew or was copied.
 */
export function tuningObservations(
  steps: readonly StepItem[],
  known: readonly Evidence[],
): TuningObservation[] {
  const factsByCode = new Map<string, CodeFacts>();
  const factsOf = (code: string): CodeFacts => {
    const facts = factsByCode.get(code) ?? readCodeFacts(code, languageOfCode(code));
    factsByCode.set(code, facts);
    return facts;
  };
  const groups = new Map<string, TuningObservation>();
  for (const { step, item } of steps) {
    if (step.diff === undefined || !step.before) continue;
    const key = changeKey(step.diff);
    let group = groups.get(key);
    if (!group) {
      const named = compareFacts(factsOf(step.before.code), factsOf(step.after.code));
      const change = { ...named, lines: unnamedPlaces(step.diff, named) };
      group = { ...emptyGroup(), key, change, diff: step.diff };
      groups.set(key, group);
    }
    const { timeBefore, timeAfter, recordBefore = Infinity } = step;
    if (timeAfter && timeAfter.us < recordBefore) group.onRecordPath = true;
    const isLargest = group.faster.every((other) => (other.improvement ?? 0) < step.improvement);
    if (isLargest) group.record = timeBefore && timeBefore.us > recordBefore ? recordBefore : undefined;
    addTo(group, item);
  }
  for (const item of known) {
    const group = item.diff === undefined ? undefined : groups.get(changeKey(item.diff));
    if (group && !itemsOf(group).some((other) => pairKey(other) === pairKey(item))) addTo(group, item);
  }
  for (const group of groups.values()) group.words = wordsOf(group);
  return [...groups.values()];
}

/** Everything that a group rests on. */
export function itemsOf(group: TuningObservation): Evidence[] {
  return [...group.faster, ...group.slower, ...group.same, ...group.unmeasured];
}

function emptyGroup() {
  return {
    faster: [],
    slower: [],
    same: [],
    unmeasured: [],
    idle: [],
    words: [],
    amongOthers: false,
    onRecordPath: false,
    record: undefined,
  };
}

function addTo(group: TuningObservation, item: Evidence): void {
  const { improvement } = item;
  if (improvement === undefined) group.unmeasured.push(item);
  else if (improvement >= sameTime) group.faster.push(item);
  else (improvement <= -sameTime ? group.slower : group.same).push(item);
}

function pairKey(item: Evidence): string {
  return JSON.stringify([item.parent_id, item.child_id, item.parent_gen_time_us, item.child_gen_time_us]);
}

function wordsOf(group: TuningObservation): string[] {
  const items = itemsOf(group).toSorted((a, b) => (b.improvement ?? 0) - (a.improvement ?? 0));
  return [...new Set(items.flatMap((item) => item.words ?? []))];
}
