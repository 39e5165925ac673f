import type { Place } from "../reporter.ts";
import type { CompressedSearchLog, Step } from "./compressed-search-log.ts";
import type { Evidence, EvidenceKind } from "./evidence.ts";
import type { SearchLog, SearchRecord } from "./search-log.ts";
import { timeWords } from "./time-words.ts";

/**
 * What a search log gives to rest claims on: the task, the best version, the steps, other faster pairs, what was slower, what changed
 * nothing, and what never passed, in this order. Summaries hold names and figures of the log and no other text of it.
 */
export function searchLogEvidence(log: SearchLog, compressed: CompressedSearchLog): Evidence[] {
  const records = new Map(log.records.map((record) => [record.task_id, record]));
  const isChild = new Set(log.records.map((record) => `${record.parent_id}>${record.task_id}`));
  const relation = (step: Step) =>
    isChild.has(`${step.parent_id}>${step.child_id}`) ? "parent" : "ancestor";
  const item = (about: string, kind: EvidenceKind, places: Place[], summary: string): Evidence => ({
    id: `${log.digest.slice(0, 8)}:${about}`,
    kind,
    trace: log.digest,
    places,
    summary,
  });
  const stepItem =
    (kind: EvidenceKind) =>
    (step: Step): Evidence => ({
      ...item(
        `${idPart(step.parent_id)}>${idPart(step.child_id)}`,
        kind,
        [...placesOf(records.get(step.parent_id)), ...placesOf(records.get(step.child_id))],
        stepSummary(step, relation(step)),
      ),
      parent_id: step.parent_id,
      child_id: step.child_id,
      parent_gen_time_us: step.parent_gen_time_us,
      child_gen_time_us: step.child_gen_time_us,
      improvement: step.improvement,
      diff: step.diff,
    });

  const { best } = compressed;
  return [
    item("task", "task", taskPlaces(log), taskSummary(log, compressed)),
    ...(best ? [item("best", "best", placesOf(records.get(best.task_id)), bestSummary(best))] : []),
    ...compressed.chain.map(stepItem("step")),
    ...compressed.faster.map(stepItem("faster")),
    ...compressed.slower.map(stepItem("slower")),
    ...compressed.same.map(stepItem("same")),
    ...log.failures.map(({ task_id, step, file, line }) =>
      item(`failure:${idPart(task_id)}`, "failure", [{ file, line }], failureSummary(task_id, step)),
    ),
  ];
}

/** Keeps the mark between two ids out of the ids. */
function idPart(taskId: string): string {
  return taskId.replaceAll("%", "%25").replaceAll(">", "%3E");
}

/** Where the time of a version and its code can be read. */
function placesOf(record: SearchRecord | undefined): Place[] {
  const places: Place[] = [];
  if (record?.measured_at) places.push(record.measured_at);
  if (record?.impl) places.push({ file: record.impl, line: 1 });
  return places;
}

/** The first measured version stands for the whole; without one, the first failure. */
function taskPlaces(log: SearchLog): Place[] {
  const [first] = log.records.flatMap((record) => record.measured_at ?? []);
  const [failure] = log.failures.map(({ file, line }) => ({ file, line }));
  const place = first ?? failure;
  return place ? [place] : [];
}

function taskSummary(log: SearchLog, { best, counts }: CompressedSearchLog): string {
  const { op_name, dsl, backend, arch } = log.metadata;
  const where = [dsl, backend, arch].filter(Boolean).join(", ");
  const searched = `The search on ${op_name}${where && ` (${where})`} tried ${tasks(counts.total_tasks)}, of which ${counts.success_count} passed`;
  return best ? `${searched}; the fastest ran in ${timeWords(best.gen_time_us)}.` : `${searched}.`;
}

function bestSummary(best: NonNullable<CompressedSearchLog["best"]>): string {
  const speedup = best.speedup > 0 ? `, ${best.speedup.toFixed(2)} times as fast as the reference` : "";
  return `${best.task_id} is the fastest version that passed: ${timeWords(best.gen_time_us)}${speedup}.`;
}

function stepSummary(step: Step, relation: string): string {
  const percent = Math.abs(100 * step.improvement).toFixed(1);
  const change =
    step.improvement === 0 ? "the same time" : `${percent} % ${step.improvement > 0 ? "less" : "more"} time`;
  return `${step.child_id} ran in ${timeWords(step.child_gen_time_us)}, its ${relation} ${step.parent_id} in ${timeWords(step.parent_gen_time_us)} (${change}).`;
}

function failureSummary(taskId: string, step: number | null): string {
  return `No version of ${taskId} passed${step === null ? "" : `; its last check was at step ${step}`}.`;
}

function tasks(count: number): string {
  return `${count} ${count === 1 ? "version" : "versions"}`;
}
