import type { Redactor } from "../secrets/redactor.ts";
import { sha256 } from "../digest.ts";
import { reasonOf } from "../failure.ts";
import type { Place, Reporter } from "../reporter.ts";
import { type AkgLog, type Check, readAkgLog } from "../traces/akg-log.ts";
import { folderName, implementationFile, verifyFolder } from "../traces/implementation-files.ts";
import { type Reject, warnOfRejects } from "../traces/reject.ts";
import { digestOfFiles } from "../traces/trace-folder.ts";
import { longestName } from "../traces/verification-records.ts";
import { lineageTree } from "./lineage-tree.ts";
import { hasPassed, keptTasks, type Task, tasksOf, type Timing } from "./search-tasks.ts";

/** One version that the search kept. Field names are those of `collected_data.json`. */
export interface SearchRecord {
  task_id: string;
  /** Empty for a version without a parent. */
  parent_id: string;
  generation: number;
  /** Microseconds; null where nothing was measured. */
  gen_time_us: number | null;
  /** Reference time divided by `gen_time_us`; 0 where unknown. */
  speedup: number;
  /** A verification record says that it passed. */
  in_verification: boolean;
  /** The file its code was read from, relative to the log folder. */
  impl: string | null;
  has_code: boolean;
  /** SHA-256 of the code with `\n` as line end. */
  code_sha256: string | null;
  /** Where its time stands. */
  measured_at: Place | null;
}

/** A task of which no version passed. */
export interface FailedTask {
  task_id: string;
  /** The step of its last check; null where the record has none. */
  step: number | null;
  /** The last 1,000 characters of the log of its last check. */
  error_log: string;
  file: string;
  line: number;
}

export interface SearchCounts {
  total_tasks: number;
  success_count: number;
}

export interface SearchMetadata {
  dsl: string;
  backend: string;
  arch: string;
  op_name: string;
}

/** What a search log says about one operator. */
export interface SearchLog {
  /** SHA-256 over the paths and digests of the files read; the same wherever the folder lies. */
  digest: string;
  metadata: SearchMetadata;
  /** In order of task id. */
  records: SearchRecord[];
  /** In order of task id. */
  failures: FailedTask[];
  counts: SearchCounts;
  rejects: Reject[];
  /** Code by task id, with `\n` as line end. */
  code: ReadonlyMap<string, string>;
}

/** A larger file is not the code of a kernel. */
const maxCodeBytes = 4 * 1024 * 1024;

/**
 * Collects what an AKG log folder says about one operator (without `op`: the only one in it). A version is kept when
 * it passed or has a speedup; a task that is neither is kept only as the parent of a kept one. Code belongs to a
 * version only when it passed. Odd records are skipped and listed in `rejects`. Throws `Failure` (exit code 2) for a
 * folder that is missing, unreadable or without such a log, and for an operator that is not in it.
 */
export async function collectSearchLog(
  logDir: string,
  options: { op?: string | undefined; reporter: Reporter; redactor?: Redactor | undefined },
): Promise<SearchLog> {
  const log = await readAkgLog(logDir, { ...options, op: options.op });
  const metadata = metadataOf(log);
  const tasks = tasksOf(log);
  const kept = keptTasks(tasks, log);
  const code = new Map<string, string>();
  const records: SearchRecord[] = [];
  for (const [index, [task, timing]] of kept.entries()) {
    records.push(recordOf(task, timing, log, metadata.dsl, code));
    options.reporter.progress("versions", index + 1, kept.length);
  }
  reportCircles(records, tasks, log);
  warnOfRejects(log.rejects, options.reporter, "collected_data.json");
  return {
    digest: digestOfFiles(log.folder.read),
    metadata,
    records,
    failures: failuresOf(tasks, log.paths.verification),
    counts: countsOf(log),
    rejects: log.rejects,
    code,
  };
}

function recordOf(
  task: Task,
  timing: Timing | undefined,
  log: AkgLog,
  dsl: string,
  code: Map<string, string>,
): SearchRecord {
  const passed = task.checks.filter((check) => check.passed);
  const record: SearchRecord = {
    task_id: task.id,
    parent_id: task.row?.parent_id ?? "",
    generation: task.row?.generation ?? 0,
    gen_time_us: timing?.gen_time_us ?? null,
    speedup: timing?.speedup ?? 0,
    in_verification: passed.length > 0,
    impl: null,
    has_code: false,
    code_sha256: null,
    measured_at: timing?.gen_time_us === undefined ? null : timing.place,
  };
  const verified =
    passed.findLast((check) => folderName(check.verify_dir) === timing?.unique_dir) ?? passed.at(-1);
  if (verified) readCode(record, verified, log, dsl, code);
  return record;
}

/** Reads the code of a version into its record and into `code`. */
function readCode(
  record: SearchRecord,
  check: Check,
  log: AkgLog,
  dsl: string,
  code: Map<string, string>,
): void {
  const folder = verifyFolder(log.folder, check.verify_dir);
  const file = folder && implementationFile(log.folder, folder, log.op, check.dsl ?? dsl);
  if (!file) return;
  try {
    const text = log.folder.text(file, maxCodeBytes);
    if (text.trim() === "") return;
    record.impl = file;
    record.has_code = true;
    record.code_sha256 = sha256(text);
    code.set(record.task_id, text);
  } catch (error) {
    log.rejects.push({ file, line: 1, reason: `the code cannot be read: ${reasonOf(error)}` });
  }
}

function metadataOf(log: AkgLog): SearchMetadata {
  const first = log.checks.find((check) => check.dsl);
  return {
    dsl: first?.dsl ?? "",
    backend: first?.backend ?? "",
    arch: first?.arch ?? "",
    op_name: log.op.slice(0, longestName),
  };
}

/**
 * Tasks checked and tasks that passed. The lineage file counts them too, but only at the end of a search; each of
 * the two may lack some, so that the larger number counts.
 */
function countsOf(log: AkgLog): SearchCounts {
  const checked = new Set(log.checks.map((check) => check.task_id));
  const passed = new Set(log.checks.filter((check) => check.passed).map((check) => check.task_id));
  return {
    total_tasks: Math.max(checked.size, log.lineage.totals?.submitted ?? 0),
    success_count: Math.max(passed.size, log.lineage.totals?.succeeded ?? 0),
  };
}

function failuresOf(tasks: ReadonlyMap<string, Task>, file: string): FailedTask[] {
  const failures: FailedTask[] = [];
  for (const task of tasks.values()) {
    const last = task.checks.at(-1);
    if (!last || hasPassed(task)) continue;
    failures.push({
      task_id: task.id,
      step: last.step ?? null,
      error_log: last.error_log_end,
      file,
      line: last.line,
    });
  }
  return failures;
}

function reportCircles(
  records: readonly SearchRecord[],
  tasks: ReadonlyMap<string, Task>,
  log: AkgLog,
): void {
  for (const { task_id } of lineageTree(records).cut) {
    log.rejects.push({
      file: log.paths.lineage,
      line: tasks.get(task_id)?.row?.line ?? 1,
      reason: `${task_id} descends from itself; it is read as a first version`,
    });
  }
}
