import { z } from "zod";
import { positiveDecimal } from "./decimal.ts";
import type { Reject } from "./reject.ts";
import { taskIdSchema } from "./task-id.ts";

/** One task that succeeded, as the task table of `{op}_lineage_graph.md` lists it. */
export interface LineageRow {
  task_id: string;
  /** Empty for a task without a parent. */
  parent_id: string;
  /** 0 for the initial tasks. */
  generation: number;
  /** Microseconds with two decimals; undefined where the table shows none. */
  gen_time_us: number | undefined;
  /** 0 where unknown. */
  speedup: number;
  line: number;
}

/** The totals in the section on how the search ended: the only place that counts failed tasks. */
export interface SearchTotals {
  submitted: number;
  succeeded: number;
}

export interface Lineage {
  rows: LineageRow[];
  totals: SearchTotals | undefined;
  rejects: Reject[];
}

/** Header words, lower-cased and without blanks and underscores, to columns. AKG writes the Chinese ones. */
const columnNames: Record<string, Column> = {
  任务id: "task_id",
  任务: "task_id",
  taskid: "task_id",
  task: "task_id",
  代数: "generation",
  generation: "generation",
  gen: "generation",
  gentime: "gen_time",
  generationtime: "gen_time",
  time: "gen_time",
  生成时间: "gen_time",
  speedup: "speedup",
  加速比: "speedup",
  父代: "parent",
  父任务: "parent",
  parent: "parent",
  parentid: "parent",
};

type Column = "task_id" | "generation" | "gen_time" | "speedup" | "parent";
type Columns = Map<Column, number>;

const rowSchema = z.object({
  task_id: taskIdSchema,
  parent: z.string(),
  generation: z.string(),
  gen_time: z.string(),
  speedup: z.string(),
});

const submittedTotal = /(?:总提交|submitted)[*\s:：]*(\d{1,9})/i;
const succeededTotal = /(?:总成功|succeeded)[*\s:：]*(\d{1,9})/i;

/**
 * Reads the task table of AKG's `{op}_lineage_graph.md`. Only a table whose header names the task id is read, and
 * its columns are found by their names: the file also holds tables about the search itself, one of them with rows
 * that look like tasks. A later row of the same task replaces an earlier one.
 */
export function parseLineageGraph(text: string, file: string): Lineage {
  const rows = new Map<string, LineageRow>();
  const rejects: Reject[] = [];
  let totals: SearchTotals | undefined;
  let columns: Columns | undefined;
  let inTable = false;

  for (const [index, content] of text.split(/\r\n|\r|\n/).entries()) {
    const line = index + 1;
    if (!content.trimStart().startsWith("|")) {
      inTable = false;
      columns = undefined;
      totals = totalsOf(content) ?? totals;
      continue;
    }
    const cells = cellsOf(content);
    if (!inTable) {
      inTable = true;
      columns = taskColumns(cells);
    } else if (columns && !isSeparator(cells)) {
      const row = readRow(cells, columns, line);
      if (typeof row === "string") rejects.push({ file, line, reason: row });
      else {
        if (rows.has(row.task_id))
          rejects.push({ file, line, reason: `a second row for ${row.task_id} replaces the first` });
        rows.set(row.task_id, row);
      }
    }
  }
  return { rows: [...rows.values()], totals, rejects };
}

function totalsOf(line: string): SearchTotals | undefined {
  const submitted = submittedTotal.exec(line)?.[1];
  const succeeded = succeededTotal.exec(line)?.[1];
  if (submitted === undefined || succeeded === undefined) return undefined;
  return { submitted: Number(submitted), succeeded: Number(succeeded) };
}

function cellsOf(line: string): string[] {
  const inner = line.trim().replace(/^\|/, "").replace(/\|$/, "");
  return inner.split("|").map((cell) => cell.trim());
}

function isSeparator(cells: readonly string[]): boolean {
  return cells.every((cell) => /^:?-+:?$/.test(cell));
}

/** Where the columns of a task table are; undefined for any other table. */
function taskColumns(cells: readonly string[]): Columns | undefined {
  const columns: Columns = new Map();
  for (const [index, cell] of cells.entries()) {
    const column = columnNames[cell.toLowerCase().replaceAll(/[\s_]/g, "")];
    if (column && !columns.has(column)) columns.set(column, index);
  }
  return columns.has("task_id") && columns.has("parent") ? columns : undefined;
}

/** A row, or why it is none. */
function readRow(cells: readonly string[], columns: Columns, line: number): LineageRow | string {
  const fields = Object.fromEntries([...columns].map(([column, index]) => [column, cells[index]]));
  const parsed = rowSchema.safeParse({ generation: "", gen_time: "", speedup: "", ...fields });
  if (!parsed.success) return "a row of the task table lacks columns";
  const { task_id, parent, generation, gen_time, speedup } = parsed.data;
  return {
    task_id,
    parent_id: parent === "-" ? "" : parent,
    // `初始` (initial) has no digits; `G3`, `Gen3` and `3` mean the third generation.
    generation: Number(/\d{1,9}/.exec(generation)?.[0] ?? 0),
    gen_time_us: positiveDecimal(gen_time.replace(/us\s*$/, "")),
    speedup: positiveDecimal(speedup.replace(/x\s*$/, "")) ?? 0,
    line,
  };
}
