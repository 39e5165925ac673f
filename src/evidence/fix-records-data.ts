import type { FixLog } from "./fix-log.ts";

/** The value of `collected_fix_records.json`. Code appears by path, digest and diff only; ids as the log writes them. */
export function collectedFixRecords(log: FixLog) {
  const { digest, metadata, operators, entries, numericIds, rejects } = log;
  const asWritten = <T extends { task_id: string }>(items: readonly T[]) =>
    items.map((item) => ({
      ...item,
      task_id: numericIds.has(item.task_id) ? Number(item.task_id) : item.task_id,
    }));
  const [tasks, fixes, flaky] = [asWritten(log.tasks), asWritten(log.fixes), asWritten(log.flaky)];
  const [attempts, open] = [asWritten(log.attempts), asWritten(log.open)];
  return {
    mode: "error_fix",
    digest,
    metadata,
    operators,
    entries,
    tasks,
    fixes,
    flaky,
    attempts,
    open,
    rejects,
  };
}
