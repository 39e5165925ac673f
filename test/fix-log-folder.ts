import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** One check of one version, as far as a log tells it. */
export interface LoggedCheck {
  task_id?: string | number;
  op?: string;
  step: number;
  /** The output of a failure; undefined for a check that passed. */
  error?: string;
  /** The checked source; undefined: no file. */
  code?: string;
  timestamp?: string;
  dsl?: string;
  backend?: string;
  arch?: string;
}

/** Writes checks in the format of AKG into a folder; code of the same version is written over. */
export function writeFixLog(folder: string, checks: readonly LoggedCheck[]): string {
  const records = checks.map(({ task_id = "_Init_Task1", op = "relu", step, error, code, ...rest }) => {
    const { dsl = "triton_cuda", backend = "cuda", arch = "h100", timestamp } = rest;
    const version = `${op}/Iteration${task_id}_Step${String(step).padStart(2, "0")}_verify`;
    mkdirSync(join(folder, version), { recursive: true });
    if (code !== undefined) writeFileSync(join(folder, version, `${op}_${dsl}_impl.py`), code);
    return {
      task_name: op,
      task_id,
      step,
      verify_dir: `/data/akg/logs/${version}`,
      passed: error === undefined,
      error_log: error ?? "",
      ...(timestamp === undefined ? {} : { timestamp }),
      framework: "torch",
      dsl,
      backend,
      arch,
    };
  });
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, "verification_results.jsonl"),
    records.map((record) => `${JSON.stringify(record, undefined, 2)}\n\n`).join(""),
  );
  return folder;
}
