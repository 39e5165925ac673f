import type { Place } from "../reporter.ts";

/**
 * What an item of a search log shows. `step`: the child is faster than all above it; `faster`: than its parent only; `slower`, `same`: it is not;
 * `best`: the fastest version; `task`: what was searched, and how it went; `failure`: a version that never passed.
 * `hand`: words that a person wrote into the skill; its `trace` is the digest of those words.
 *
 * What an item of any other trace shows. `fix`: a failure and what overcame it; `attempt`: a change that did not help;
 * `gain`: a better measurement and the change before it; `advice`: words of the user, what was done and its effect;
 * `procedure`: a sequence of calls that recurs; `validation`: a command whose success ended a fix; `decision`: a
 * sentence that says why; `setting`: versions and hardware.
 */
export const evidenceKinds = [
  "task",
  "best",
  "step",
  "faster",
  "slower",
  "same",
  "failure",
  "hand",
  "fix",
  "attempt",
  "gain",
  "advice",
  "procedure",
  "validation",
  "decision",
  "setting",
] as const;
export type EvidenceKind = (typeof evidenceKinds)[number];

/** One item that a claim may rest on. Times are microseconds; `improvement` is (parent - child) / parent. */
export interface Evidence {
  /** Unique over all traces: eight digits of the trace's digest, a colon, and what it is about. */
  id: string;
  kind: EvidenceKind;
  /** SHA-256 of the trace the item was taken from. */
  trace: string;
  /** Where in the trace it can be read; paths are relative to the trace. */
  places: Place[];
  /** One sentence of facts, written by code. */
  summary: string;
  parent_id?: string;
  child_id?: string;
  parent_gen_time_us?: number;
  child_gen_time_us?: number;
  improvement?: number;
  /** Unified diff with one line of context, comments removed. */
  diff?: string;
  /** The error in its normalised form: paths, numbers and addresses masked. */
  signature?: string;
  /** The end of the failure's output. */
  log?: string;
  /** Words of the user or the agent that belong to it, as they stand in the trace. */
  words?: string;
  /** A command line that belongs to it. */
  command?: string;
  /** A measured value before and after; `better` says in which direction it improves. */
  metric?: { name: string; unit: string; before: number; after: number; better: "low" | "high" };
}
