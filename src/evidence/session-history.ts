import type { Place } from "../reporter.ts";

/**
 * What stands between two runs: `words` and `thought` of the agent, words of the `user`, the `patch` of a file, a
 * command that changed the `setup`, a `finding` of a profiler.
 */
type EntryKind = "words" | "thought" | "user" | "patch" | "setup" | "finding";

export interface HistoryEntry {
  seq: number;
  kind: EntryKind;
  text: string;
  /** The file of a patch; empty for other entries. */
  path: string;
  place: Place;
}

/** The last things that happened, in their order. */
export interface History {
  entries: HistoryEntry[];
  characters: number;
  /** The number of the next entry or run; the two share one count. */
  next: number;
  /** Entries that were dropped or cut for length. */
  dropped: number;
}

/** Between a failure and its fix stand a few edits; what is older than these bounds is forgotten. */
const maxEntries = 300;
const maxCharacters = 300_000;
const longest: Record<EntryKind, number> = {
  words: 2000,
  thought: 800,
  user: 1200,
  patch: 12_000,
  setup: 600,
  finding: 300,
};

export function newHistory(): History {
  return { entries: [], characters: 0, next: 0, dropped: 0 };
}

/** Takes the next number, for a run. */
export function nextSeq(history: History): number {
  history.next += 1;
  return history.next;
}

export function record(history: History, kind: EntryKind, text: string, place: Place, path = ""): void {
  const limit = longest[kind];
  const kept = text.length <= limit ? text : ownCopy(text.slice(0, limit));
  if (kept.length < text.length) history.dropped += 1;
  history.entries.push({ seq: nextSeq(history), kind, text: kept, path, place });
  history.characters += kept.length;
  // Several at a time: taking the first one of a list moves all others.
  if (history.entries.length < maxEntries + 50 && history.characters <= maxCharacters) return;
  let gone = 0;
  while (
    history.entries.length - gone > maxEntries ||
    (history.characters > maxCharacters && history.entries.length - gone > 1)
  ) {
    history.characters -= history.entries[gone]?.text.length ?? 0;
    gone += 1;
  }
  if (gone > 0) {
    history.entries.splice(0, gone);
    history.dropped += gone;
  }
}

/** What happened after a number. */
export function since(history: History, seq: number): HistoryEntry[] {
  let first = history.entries.length;
  while (first > 0 && (history.entries[first - 1]?.seq ?? 0) > seq) first -= 1;
  return history.entries.slice(first);
}

/** So much of the entries between two runs is kept for good. */
const maxOfKind: Record<EntryKind, number> = {
  words: 6000,
  thought: 2000,
  user: 1000,
  patch: 16_000,
  setup: 2000,
  finding: 1000,
};

/** The entries with as much of their text as evidence can show; their files and places stay. */
export function shortEntries(entries: readonly HistoryEntry[]): HistoryEntry[] {
  const room = { ...maxOfKind };
  return entries.map((entry) => {
    const text = entry.text.length <= room[entry.kind] ? entry.text : "";
    room[entry.kind] -= text.length;
    return text === entry.text ? entry : { ...entry, text };
  });
}

/** A text that shares no memory with the longer one it was cut from, so that this can be forgotten. */
export function ownCopy(text: string): string {
  return Buffer.from(text, "utf16le").toString("utf16le");
}
