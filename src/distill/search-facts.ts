import { type SameCodeSpread, sameCodeSpread } from "../evidence/same-code-spread.ts";
import type { SearchLogTrace } from "../traces/read-trace.ts";

/** A searched operator, as its log tells it. Times are microseconds. */
export interface SearchFacts {
  op: string;
  dsl: string;
  backend: string;
  arch: string;
  submitted: number;
  passed: number;
  best: { task: string; timeUs: number; speedup: number };
  /** Time of the first version that the best one goes back to; undefined where it was not measured. */
  rootTimeUs: number | undefined;
  /** What the log itself shows of its noise; undefined where no code was timed twice. */
  spread: SameCodeSpread | undefined;
}

export function searchFacts({ log, compressed, versions }: SearchLogTrace): SearchFacts {
  const { best } = compressed;
  const task = best?.task_id ?? "";
  const seen = new Set<string>();
  let root = task;
  for (let parent = versions.parentOf(root); parent !== undefined && !seen.has(parent);) {
    seen.add(parent);
    root = parent;
    parent = versions.parentOf(root);
  }
  const first = log.records.find(
    (record) => record.task_id === root && root !== task && record.in_verification,
  );
  return {
    op: log.metadata.op_name,
    dsl: log.metadata.dsl,
    backend: log.metadata.backend,
    arch: log.metadata.arch,
    submitted: log.counts.total_tasks,
    passed: log.counts.success_count,
    best: { task, timeUs: best?.gen_time_us ?? 0, speedup: best?.speedup ?? 0 },
    rootTimeUs: first?.gen_time_us ?? undefined,
    spread: sameCodeSpread(log, versions),
  };
}
