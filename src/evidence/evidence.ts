import type { Place } from "../reporter.ts";

/**
 * What an item of a search log shows. `step`: the child is faster than all above it; `faster`: than its parent only; `slower`, `same`: it is not;
 * `best`: the fastest version; `task`: what was searched, and how it went; `failure`: a version that never passed.
 * `hand`: words that a person wrote into the skill; its `trace` is the digest of those words.
 */
export type EvidenceKind = "task" | "best" | "step" | "faster" | "slower" | "same" | "failure" | "hand";

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
}
