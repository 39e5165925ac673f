import type { Place } from "../reporter.ts";
import type { AkgLog, Check } from "../traces/akg-log.ts";
import { folderName } from "../traces/implementation-files.ts";
import type { LineageRow } from "../traces/lineage-table.ts";
import { fastestMeasurement, type Measurement } from "../traces/speedup-record.ts";
import { compareTaskIds } from "../traces/task-id.ts";

/** Everything a log says about one task. */
export interface Task {
  id: string;
  checks: Check[];
  measurements: Measurement[];
  row: LineageRow | undefined;
}

/** What is known of the time of a task, and where it stands. */
export interface Timing {
  gen_time_us: number | undefined;
  speedup: number;
  unique_dir: string | undefined;
  place: Place;
}

/** Everything known about each task, in order of task id. */
export function tasksOf(log: AkgLog): Map<string, Task> {
  const tasks = new Map<string, Task>();
  const taskOf = (id: string): Task => {
    let task = tasks.get(id);
    if (!task) {
      task = { id, checks: [], measurements: [], row: undefined };
      tasks.set(id, task);
    }
    return task;
  };
  for (const check of log.checks) taskOf(check.task_id).checks.push(check);
  for (const measurement of log.measurements) taskOf(measurement.task_id).measurements.push(measurement);
  for (const row of log.lineage.rows) taskOf(row.task_id).row = row;
  return new Map([...tasks].sort(([a], [b]) => compareTaskIds(a, b)));
}

/**
 * The tasks that have a version which passed or a speedup, and their parents, with their timing, in order of task id.
 */
export function keptTasks(tasks: ReadonlyMap<string, Task>, log: AkgLog): [Task, Timing | undefined][] {
  const timings = new Map([...tasks.values()].map((task) => [task, timingOf(task, log)]));
  const kept = new Set<Task>();
  for (const [task, timing] of timings) if (hasPassed(task) || (timing?.speedup ?? 0) > 0) kept.add(task);
  // The set grows while it is walked: the parent of a parent is looked at too.
  for (const task of kept) {
    const parent = tasks.get(task.row?.parent_id ?? "");
    if (parent) kept.add(parent);
  }
  return [...timings].filter(([task]) => kept.has(task));
}

export function hasPassed(task: Task): boolean {
  return task.checks.some((check) => check.passed);
}

/** The measured time of a task or, where no measurement has one, the rounded one of the lineage table. */
function timingOf(task: Task, log: AkgLog): Timing | undefined {
  const measurement = measurementOf(task, log);
  const row = task.row;
  if (row && (!measurement || (measurement.gen_time_us === undefined && row.gen_time_us !== undefined))) {
    const { gen_time_us, speedup, line } = row;
    return { gen_time_us, speedup, unique_dir: undefined, place: { file: log.paths.lineage, line } };
  }
  if (!measurement) return undefined;
  const { gen_time_us, speedup, unique_dir, line } = measurement;
  return { gen_time_us, speedup, unique_dir, place: { file: log.paths.speedup, line } };
}

/**
 * The measurement that counts for a task. When several of its versions passed, time and code must be of the same
 * one: measurements of versions that passed come before all others. Within them the fastest counts.
 */
function measurementOf(task: Task, log: AkgLog): Measurement | undefined {
  const passed = task.checks.filter((check) => check.passed);
  const folders = new Set(passed.map((check) => folderName(check.verify_dir)));
  const ofPassed = task.measurements.filter(
    ({ unique_dir, gen_time_us }) => gen_time_us !== undefined && folders.has(unique_dir ?? ""),
  );
  if (ofPassed.length > 0) return fastestMeasurement(ofPassed);
  const fastest = fastestMeasurement(task.measurements);
  if (passed.length > 0 && fastest?.gen_time_us !== undefined && fastest.unique_dir !== undefined) {
    const reason = `no version of ${task.id} in ${fastest.unique_dir} passed; its time is used for want of another`;
    log.rejects.push({ file: log.paths.speedup, line: fastest.line, reason });
  }
  return fastest;
}
