import { largest } from "../largest.ts";
import { compareTaskIds } from "../traces/task-id.ts";
import { codeDiff } from "./code-diff.ts";
import { lineageTree } from "./lineage-tree.ts";
import type { SearchCounts, SearchLog, SearchRecord } from "./search-log.ts";
import { type SearchVersions, searchVersions } from "./search-versions.ts";

/** Two measured versions and what differs in their code. Field names are those of `compressed_data.json`. */
export interface Step {
  parent_id: string;
  child_id: string;
  parent_gen_time_us: number;
  child_gen_time_us: number;
  parent_speedup: number;
  child_speedup: number;
  /** (parent - child) / parent; negative where the child is slower. */
  improvement: number;
  /** Changed lines of `diff`. */
  added: number;
  removed: number;
  /** Unified diff of the stripped sources, with one line of context. */
  diff: string;
}

/** The fastest version that passed. */
export interface BestVersion {
  task_id: string;
  gen_time_us: number;
  speedup: number;
  has_code: boolean;
  code_sha256: string | null;
  impl: string | null;
  /** The code as it was verified, comments included. */
  code: string | undefined;
}

/** What of a search log a reader needs: the fastest version, the steps that led to it, and what did not help. */
export interface CompressedSearchLog {
  best: BestVersion | undefined;
  /** Steps that made a version faster, largest improvement first. */
  chain: Step[];
  /** Versions faster than the one they were derived from by 1 % or more that are no step: they set no record. */
  faster: Step[];
  /** Versions slower than the one they were derived from by 1 % or more, largest loss first. */
  slower: Step[];
  /** Versions within 1 % of the one they were derived from, in order of task id. */
  same: Step[];
  counts: SearchCounts;
  performance_summary: string;
}

/** Differences below 1 % are noise: AKG's own threshold (`search_log_utils.py`). */
const leastChange = 0.01;

/**
 * Finds what a search shows. Only versions that passed are compared, by their stripped code, so that a new comment is
 * no step. Time and memory grow linearly with the number of versions, and any depth of the lineage is read.
 */
export function compressSearchLog(
  log: SearchLog,
  versions: SearchVersions = searchVersions(log),
): CompressedSearchLog {
  const chain = fasterSteps(log.records, versions);
  return {
    best: bestVersion(log),
    chain,
    ...otherSteps(log.records, versions, new Set(chain.map((step) => `${step.parent_id}>${step.child_id}`))),
    counts: log.counts,
    performance_summary: performanceSummary(log),
  };
}

/** The fastest version that passed, one with code before any other; equal times by speedup, then by task id. */
function bestVersion(log: SearchLog): BestVersion | undefined {
  const measured = log.records.filter(isMeasured);
  const withCode = measured.filter((record) => record.has_code);
  const [best] = (withCode.length > 0 ? withCode : measured).sort(
    (a, b) => a.gen_time_us - b.gen_time_us || b.speedup - a.speedup || compareTaskIds(a.task_id, b.task_id),
  );
  if (!best) return undefined;
  const { task_id, gen_time_us, speedup, has_code, code_sha256, impl } = best;
  return { task_id, gen_time_us, speedup, has_code, code_sha256, impl, code: log.code.get(task_id) };
}

/** A record that passed and has a time. */
type MeasuredRecord = SearchRecord & { gen_time_us: number };

function isMeasured(record: SearchRecord): record is MeasuredRecord {
  return record.in_verification && record.gen_time_us !== null;
}

/**
 * What a path from a root down to a version has shown so far. A version is kept on the path when it is faster than
 * all above it.
 */
interface Path {
  /** The smallest time on the path. */
  bound: number;
  /** The first and the last kept version with code. */
  first: MeasuredRecord | undefined;
  last: MeasuredRecord | undefined;
  /** Where the next step starts: the end of the last step, or what came since with the same code. */
  anchor: MeasuredRecord | undefined;
  hasStep: boolean;
}

/**
 * The steps along all paths of the lineage. A kept version makes a step from the kept version with code before it.
 * Where that gains less than 1 %, the gap is carried on and makes a step as soon as it has grown to 1 %. Where a
 * whole path has no step of its own, first and last kept version are tried. Each version is visited once, with what
 * is known of the path above it, so that branches share the work and the steps of their common part.
 */
function fasterSteps(records: readonly SearchRecord[], versions: SearchVersions): Step[] {
  const { roots, children } = lineageTree(records);
  const start: Path = {
    bound: Infinity,
    first: undefined,
    last: undefined,
    anchor: undefined,
    hasStep: false,
  };
  const steps: Step[] = [];
  const tried = new Set<MeasuredRecord>();
  // The youngest of the roots and of siblings lies on top and is visited first.
  const stack = roots.map((record) => ({ record, above: start }));
  for (let visit = stack.pop(); visit; visit = stack.pop()) {
    const path = nextPath(visit.record, visit.above, versions, steps);
    const below = children.get(visit.record.task_id);
    if (below) for (const record of below) stack.push({ record, above: path });
    else if (!path.hasStep && path.first && path.last && !tried.has(path.last)) {
      // Leaves below the same kept version share its path: one try is enough.
      tried.add(path.last);
      const step = stepBetween(path.first, path.last, versions);
      if (step) steps.push(step);
    }
  }
  return steps.sort((a, b) => b.improvement - a.improvement);
}

/** The path with one more version; what it completes is added to `steps`. */
function nextPath(record: SearchRecord, above: Path, versions: SearchVersions, steps: Step[]): Path {
  if (!isMeasured(record) || record.gen_time_us >= above.bound) return above;
  const path: Path = { ...above, bound: record.gen_time_us };
  if (!record.has_code) return path;
  path.last = record;
  if (!above.first || !above.last || !above.anchor) return { ...path, first: record, anchor: record };

  const step =
    stepBetween(above.last, record, versions) ??
    (above.anchor === above.last ? undefined : stepBetween(above.anchor, record, versions));
  if (step) {
    steps.push(step);
    return { ...path, anchor: record, hasStep: true };
  }
  const isUnchanged =
    above.anchor === above.last &&
    improvementOf(above.last, record) >= leastChange &&
    versions.codeOf(above.last.task_id) === versions.codeOf(record.task_id);
  return isUnchanged ? { ...path, anchor: record } : path;
}

/** The step from one version to a faster one; undefined below 1 % or with the same code. */
function stepBetween(
  parent: MeasuredRecord,
  child: MeasuredRecord,
  versions: SearchVersions,
): Step | undefined {
  return improvementOf(parent, child) >= leastChange ? comparison(parent, child, versions) : undefined;
}

/** Every version beside the one it was derived from, as far as that is no step of the chain. */
function otherSteps(
  records: readonly SearchRecord[],
  versions: SearchVersions,
  steps: ReadonlySet<string>,
): Pick<CompressedSearchLog, "faster" | "slower" | "same"> {
  const byId = new Map(records.map((record) => [record.task_id, record]));
  const faster: Step[] = [];
  const slower: Step[] = [];
  const same: Step[] = [];
  for (const child of records) {
    const parent = byId.get(child.parent_id);
    if (!parent || parent === child || !isMeasured(parent) || !isMeasured(child)) continue;
    if (steps.has(`${parent.task_id}>${child.task_id}`)) continue;
    const improvement = improvementOf(parent, child);
    const step = comparison(parent, child, versions);
    const list = improvement >= leastChange ? faster : improvement <= -leastChange ? slower : same;
    if (step) list.push(step);
  }
  return { faster, slower: slower.sort((a, b) => a.improvement - b.improvement), same };
}

function improvementOf(parent: MeasuredRecord, child: MeasuredRecord): number {
  return (parent.gen_time_us - child.gen_time_us) / parent.gen_time_us;
}

/** Undefined where one of the two has no code, or both have the same. */
function comparison(
  parent: MeasuredRecord,
  child: MeasuredRecord,
  versions: SearchVersions,
): Step | undefined {
  const before = versions.codeOf(parent.task_id);
  const after = versions.codeOf(child.task_id);
  if (before === undefined || after === undefined) return undefined;
  const diff = codeDiff(before, after, { from: parent.task_id, to: child.task_id });
  if (!diff) return undefined;
  return {
    parent_id: parent.task_id,
    child_id: child.task_id,
    parent_gen_time_us: parent.gen_time_us,
    child_gen_time_us: child.gen_time_us,
    parent_speedup: parent.speedup,
    child_speedup: child.speedup,
    improvement: improvementOf(parent, child),
    added: diff.added,
    removed: diff.removed,
    diff: diff.text,
  };
}

/** The figures of the search, one a line, with two decimals; empty where no version passed. */
function performanceSummary(log: SearchLog): string {
  const passed = log.records.filter((record) => record.in_verification);
  if (passed.length === 0) return "";
  const speedups = passed.map((record) => record.speedup).filter((speedup) => speedup > 0);
  const times = passed.map((record) => record.gen_time_us).filter((time) => time !== null);
  const lines = [`Versions tried: ${log.counts.total_tasks}`];
  const best = largest(speedups);
  const worst = -largest(speedups.map((speedup) => -speedup));
  if (speedups.length > 0) lines.push(`Best speedup: ${best.toFixed(2)}x`);
  if (speedups.length > 1) lines.push(`Speedups: ${worst.toFixed(2)}x to ${best.toFixed(2)}x`);
  if (times.length > 0) lines.push(`Best time: ${(-largest(times.map((time) => -time))).toFixed(2)} us`);
  return lines.join("\n");
}
