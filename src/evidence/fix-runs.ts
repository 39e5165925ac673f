import { compareText } from "../compare-text.ts";
import type { VerificationRecord } from "../traces/verification-records.ts";
import { folderName } from "../traces/implementation-files.ts";
import { characterCount, lastCharacters } from "../traces/last-characters.ts";
import { errorSignature } from "./error-signature.ts";

/** A check of one version as a fix log needs it: of its output only the end and what identifies the failure. */
export interface FixCheck extends Omit<VerificationRecord, "error_log" | "step"> {
  op: string;
  /** From the record, else from the name of the version's folder; null where neither tells it. */
  step: number | null;
  /** The last 1,000 characters. */
  error_log: string;
  error_log_total_chars: number;
  /** Empty for a check that passed and for one without output. */
  signature: string;
  /** The telling lines as they are printed. */
  error_lines: string[];
}

/** The checks of one task in one run of the program, in order of time. */
export interface FixRun {
  op: string;
  task_id: string;
  /** From 1; a log that was continued holds the same tasks again. */
  run: number;
  checks: FixCheck[];
}

const logEndLength = 1000;

/** `op` stands in for a record that names no operator. */
export function fixCheck({ error_log, ...record }: VerificationRecord, op: string): FixCheck {
  const characters = characterCount(error_log);
  const { signature, lines } = record.passed ? { signature: "", lines: [] } : errorSignature(error_log);
  return {
    ...record,
    op,
    step: record.step ?? stepOfFolder(record.verify_dir),
    error_log: lastCharacters(error_log, logEndLength),
    error_log_total_chars: characters,
    signature,
    error_lines: lines,
  };
}

/**
 * Sorts checks into runs: by operator and task in the order in which they appear, then by time. Where a step is not
 * higher than the one before, another run begins; without times the order of the file counts. Runs come in the
 * order operator, run, task.
 */
export function fixRuns(checks: readonly FixCheck[]): FixRun[] {
  const operators = new Map<string, Map<string, FixCheck[]>>();
  for (const check of checks) {
    const tasks = operators.get(check.op) ?? new Map<string, FixCheck[]>();
    operators.set(check.op, tasks);
    const known = tasks.get(check.task_id);
    if (known) known.push(check);
    else tasks.set(check.task_id, [check]);
  }
  return [...operators].flatMap(([op, tasks]) =>
    [...tasks]
      .flatMap(([task_id, known]) =>
        splitRuns(inTime(known)).map((run, index) => ({ op, task_id, run: index + 1, checks: run })),
      )
      .sort((a, b) => a.run - b.run),
  );
}

/** By time, then by step, where all have a time; else as they stand. */
function inTime(checks: readonly FixCheck[]): FixCheck[] {
  const isTimed = checks.every(({ timestamp }) => /^\d{4}-\d\d-\d\dT\d\d:/.test(timestamp ?? ""));
  if (!isTimed) return [...checks];
  return [...checks].sort(
    (a, b) => compareText(a.timestamp ?? "", b.timestamp ?? "") || (a.step ?? 0) - (b.step ?? 0),
  );
}

function splitRuns(checks: readonly FixCheck[]): FixCheck[][] {
  const runs: FixCheck[][] = [];
  let last: number | null = null;
  for (const check of checks) {
    const run = runs.at(-1);
    const isNext: boolean = last === null || check.step === null || check.step > last;
    if (run !== undefined && isNext) run.push(check);
    else runs.push([check]);
    last = isNext ? (check.step ?? last) : check.step;
  }
  return runs;
}

/** The step in `Iteration{task}_Step{nn}_verify`. */
function stepOfFolder(verifyDir: string | undefined): number | null {
  const digits = /_Step(\d{1,9})_verify$/.exec(folderName(verifyDir))?.[1];
  return digits === undefined ? null : Number(digits);
}
