import { z } from "zod";
import { positiveDecimal } from "./decimal.ts";
import type { Reject } from "./reject.ts";
import { taskIdSchema } from "./task-id.ts";

/** One line of `speed_up_record.txt`: one profile run that reached its end. */
export interface Measurement {
  task_id: string;
  /** Folder of the measured version, such as `Iteration_Gen1_Task3_Step02_verify`. */
  unique_dir: string | undefined;
  /** Microseconds; undefined where nothing was measured. */
  gen_time_us: number | undefined;
  /** Reference time divided by generated time; 0 where unknown. */
  speedup: number;
  line: number;
}

const schema = z.object({
  task_id: taskIdSchema,
  unique_dir: z.string().optional(),
  generation_time: z.string().optional(),
  speedup: z.string().optional(),
});

/** What the writer prints for a measurement that failed (`None` becomes `inf us`, `0.000000x`). */
const unknownTime = /^(?:inf|nan)$/i;

/**
 * Reads AKG's `speed_up_record.txt`: fields separated by `, `, each `name: value`; the last of two fields of one
 * name counts. A time that is no positive decimal is no time, and is reported unless it is the writer's own
 * `inf us`.
 */
export function parseSpeedupRecord(
  text: string,
  file: string,
): { measurements: Measurement[]; rejects: Reject[] } {
  const measurements: Measurement[] = [];
  const rejects: Reject[] = [];
  for (const [index, content] of text.split(/\r\n|\r|\n/).entries()) {
    if (content.trim() === "") continue;
    const line = index + 1;
    const parsed = schema.safeParse(fieldsOf(content));
    if (!parsed.success) {
      const reason = parsed.error.issues.some((issue) => issue.code === "invalid_union")
        ? "not a measurement: it names no task_id"
        : `not a measurement: ${parsed.error.issues[0]?.message ?? "odd fields"}`;
      rejects.push({ file, line, reason });
      continue;
    }
    const { task_id, unique_dir, generation_time, speedup } = parsed.data;
    const time = generation_time?.replace(/us\s*$/, "").trim();
    const gen_time_us = time === undefined ? undefined : positiveDecimal(time);
    if (time !== undefined && gen_time_us === undefined && !unknownTime.test(time))
      rejects.push({ file, line, reason: `generation_time ${quoted(time)} is no positive decimal number` });
    measurements.push({
      task_id,
      unique_dir: unique_dir?.trim(),
      gen_time_us,
      speedup: positiveDecimal((speedup ?? "").replace(/x\s*$/, "")) ?? 0,
      line,
    });
  }
  return { measurements, rejects };
}

/** The measurement with the smallest time, the first of equals; without any time, the first of all. */
export function fastestMeasurement(measurements: readonly Measurement[]): Measurement | undefined {
  let fastest = measurements[0];
  for (const candidate of measurements) {
    if ((candidate.gen_time_us ?? Infinity) < (fastest?.gen_time_us ?? Infinity)) fastest = candidate;
  }
  return fastest;
}

function fieldsOf(line: string): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const field of line.trim().split(", ")) {
    const colon = field.indexOf(": ");
    if (colon > 0) fields[field.slice(0, colon).trim()] = field.slice(colon + 2);
  }
  return fields;
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
