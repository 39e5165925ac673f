import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** One task of a search, as far as a log tells it. Everything but the id has a default. */
export interface LoggedTask {
  task_id: string;
  /** None for a first version. */
  parent_id?: string;
  /** Microseconds, or the text that stands in the log for it; undefined: no line in `speed_up_record.txt`. */
  gen_time?: number | string;
  speedup?: number | string;
  passed?: boolean;
  step?: number;
  error_log?: string;
  /** The verified source; undefined: no file. */
  code?: string;
}

export interface LoggedSearch {
  op: string;
  tasks: readonly LoggedTask[];
  dsl?: string;
  /** Time of the reference, in microseconds. */
  baseTime?: number;
  /** False leaves the lineage file out. */
  lineage?: boolean;
}

/** The folder of a task's version, relative to the log folder. */
export function versionFolder(op: string, task: LoggedTask): string {
  return `${op}/Iteration${task.task_id}_Step${String(task.step ?? 2).padStart(2, "0")}_verify`;
}

/** Writes a search in the formats of AKG into a folder; files that are there are overwritten. */
export function writeAkgLog(folder: string, search: LoggedSearch): void {
  const { op, dsl = "triton_cuda" } = search;
  mkdirSync(join(folder, op, "profiling"), { recursive: true });
  writeFileSync(
    join(folder, "verification_results.jsonl"),
    search.tasks.map((task) => record(search, task)).join(""),
  );
  writeFileSync(
    join(folder, op, "profiling/speed_up_record.txt"),
    search.tasks.map((task) => measurement(search, task)).join(""),
  );
  if (search.lineage !== false) writeFileSync(join(folder, `${op}_lineage_graph.md`), lineageGraph(search));
  for (const task of search.tasks) {
    if (task.code === undefined) continue;
    const versions = join(folder, versionFolder(op, task));
    mkdirSync(versions, { recursive: true });
    writeFileSync(join(versions, `${op}_${dsl}_impl.py`), task.code);
  }
}

function record({ op, dsl = "triton_cuda" }: LoggedSearch, task: LoggedTask): string {
  const fields = {
    task_name: op,
    task_id: task.task_id,
    step: task.step ?? 2,
    verify_dir: `/data/akg/logs/${versionFolder(op, task)}`,
    passed: task.passed ?? true,
    error_log: task.error_log ?? "",
    timestamp: "2026-03-02T09:00:47.372193",
    framework: "torch",
    dsl,
    backend: "cuda",
    arch: "h100",
  };
  return `${JSON.stringify(fields, undefined, 2)}\n\n`;
}

function measurement({ op, baseTime = 100 }: LoggedSearch, task: LoggedTask): string {
  if (task.gen_time === undefined) return "";
  const isNumber = typeof task.gen_time === "number";
  const time = isNumber ? Number(task.gen_time).toFixed(6) : task.gen_time;
  const speedup = task.speedup ?? (isNumber ? (baseTime / Number(task.gen_time)).toFixed(6) : "0.000000");
  const folder = versionFolder(op, task).slice(op.length + 1);
  return `op_name: ${op}, task_id: ${task.task_id}, unique_dir: ${folder}, base_time: ${baseTime.toFixed(6)} us, generation_time: ${time} us, speedup: ${speedup}x\n`;
}

function lineageGraph({ op, tasks, baseTime = 100 }: LoggedSearch): string {
  const passed = tasks.filter((task) => task.passed ?? true);
  const generations = new Map<string, number>();
  const rows = passed.map((task) => {
    const generation = task.parent_id === undefined ? 0 : (generations.get(task.parent_id) ?? 0) + 1;
    generations.set(task.task_id, generation);
    const known = typeof task.gen_time === "number";
    const time = known ? `${Number(task.gen_time).toFixed(2)}us` : "∞";
    const speedup = known ? `${(baseTime / Number(task.gen_time)).toFixed(2)}x` : "-";
    return `| ${task.task_id} | ${generation === 0 ? "初始" : `G${generation}`} | ${time} | ${speedup} | ${task.parent_id ?? "-"} | 0 |`;
  });
  return [
    `# Task Lineage Graph - ${op}`,
    "",
    "## 任务详情",
    "",
    "| 任务 ID | 代数 | gen_time | speedup | 父代 | 被选次数 |",
    "|---------|------|----------|---------|------|----------|",
    ...rows,
    "",
    "## 搜索终止信息",
    "",
    `- **总提交**: ${tasks.length} | **总成功**: ${passed.length} | **总失败**: ${tasks.length - passed.length}`,
    "",
  ].join("\n");
}
