import { compareText } from "../compare-text.ts";
import type { Redactor } from "../secrets/redactor.ts";
import { reasonOf, usageFailure } from "../failure.ts";
import type { Reporter } from "../reporter.ts";
import { type Reject, warnOfRejects } from "../traces/reject.ts";
import { digestOfFiles, openTraceFolder, type TraceFolder } from "../traces/trace-folder.ts";
import { longestName, type VerificationRecord, verificationRecords } from "../traces/verification-records.ts";
import { codeSource } from "./fix-code.ts";
import type { FixLog, FixMetadata } from "./fix-log.ts";
import { readRun } from "./fix-pairs.ts";
import { type FixCheck, fixCheck, fixRuns } from "./fix-runs.ts";

const verificationFile = "verification_results.jsonl";

/**
 * Collects the failures that were overcome from an AKG log folder. Each task of each run is read up to its first
 * success: failures in a row with the same signature are one, and the last of them is paired with the next attempt.
 * Without `op` all operators are read. Odd records are skipped and listed in `rejects`. Throws `Failure` (exit code
 * 2) for a folder that is missing, unreadable or without such a log, and for an operator that is not in it.
 */
export async function collectErrorFix(
  logDir: string,
  options: { op?: string | undefined; reporter: Reporter; redactor?: Redactor | undefined },
): Promise<FixLog> {
  const folder = await openTraceFolder(logDir, options.redactor);
  const rejects: Reject[] = [];
  const all = await readChecks(folder, logDir, rejects);
  const operators = [...new Set(all.map((check) => check.op))];
  requireOperator(options.op, operators, logDir);
  const checks = all.filter((check) => options.op === undefined || check.op === options.op);
  options.reporter.info(`${verificationFile}: ${checks.length} verification records`);

  const log: FixLog = {
    digest: "",
    metadata: metadataOf(checks, options.op),
    operators: [...new Set(checks.map((check) => check.op))],
    entries: checks.length,
    tasks: tasksOf(checks),
    numericIds: new Set(checks.filter((check) => check.numeric_id).map((check) => check.task_id)),
    fixes: [],
    flaky: [],
    attempts: [],
    open: [],
    rejects,
  };
  const source = codeSource(folder, checks, { dsl: log.metadata.dsl, rejects });
  const runs = fixRuns(checks);
  for (const [index, run] of runs.entries()) {
    readRun(run, source, log);
    options.reporter.progress("runs of tasks", index + 1, runs.length);
  }
  warnOfRejects(rejects, options.reporter, "collected_fix_records.json");
  return { ...log, digest: digestOfFiles(folder.read) };
}

async function readChecks(folder: TraceFolder, logDir: string, rejects: Reject[]): Promise<FixCheck[]> {
  const { files, folders, other } = folder.list("");
  if (!files.has(verificationFile)) {
    const isOther = folders.has(verificationFile) || other.has(verificationFile);
    throw usageFailure(
      isOther
        ? `${logDir}/${verificationFile} cannot be read (it is a folder, a link or a device).`
        : `${logDir} holds no AKG log: there is no ${verificationFile} in it.`,
      `Pass the logs folder of a run, the one with ${verificationFile}.`,
    );
  }
  const checks: FixCheck[] = [];
  const seen = new Set<string>();
  try {
    const report = (reject: Reject): void => void rejects.push(reject);
    for await (const record of verificationRecords(
      folder.chunks(verificationFile),
      verificationFile,
      report,
      (text) => folder.redactor.mask(text),
    )) {
      const check = fixCheck(record, operatorOf(record));
      const key = JSON.stringify([check.op, check.task_id, check.step, check.timestamp, check.passed]);
      if (check.timestamp !== undefined && seen.has(key)) {
        report({ file: verificationFile, line: check.line, reason: "the record stands in the log before" });
        continue;
      }
      seen.add(key);
      checks.push(check);
    }
  } catch (error) {
    throw usageFailure(
      `${logDir}/${verificationFile} cannot be read (${reasonOf(error)}).`,
      "Check that it is a plain file that you may read.",
      error,
    );
  }
  return checks;
}

/** The operator that a record names, else the folder above its version's folder. */
function operatorOf({ task_name, verify_dir }: VerificationRecord): string {
  const parts = (verify_dir ?? "").replaceAll("\\", "/").split("/").filter(Boolean);
  return task_name || (parts.at(-2) ?? "");
}

function requireOperator(asked: string | undefined, operators: readonly string[], logDir: string): void {
  if (asked === undefined || operators.includes(asked)) return;
  const known = [...operators].sort(compareText).map((name) => JSON.stringify(name));
  throw usageFailure(
    `${logDir}/${verificationFile} holds nothing about the operator ${JSON.stringify(asked)}.`,
    known.length === 0
      ? "It holds no verification record at all; pass the logs folder of a run."
      : `Operators in it: ${known.join(", ")}. Name one of them with --op, or leave --op out to read all.`,
  );
}

function metadataOf(checks: readonly FixCheck[], op: string | undefined): FixMetadata {
  const first = (key: "dsl" | "backend" | "arch"): string => checks.find((check) => check[key])?.[key] ?? "";
  const operators = [...new Set(checks.map((check) => check.op))].filter((name) => name !== "");
  return {
    op_name: op?.slice(0, longestName) ?? namesOf(operators),
    dsl: first("dsl"),
    backend: first("backend"),
    arch: first("arch"),
  };
}

/** All names, or as many as fit. */
function namesOf(operators: readonly string[]): string {
  const all = operators.join(", ");
  if (all.length <= longestName) return all;
  const shown = all.slice(0, all.lastIndexOf(", ", longestName - 20) + 1 || longestName - 20);
  return `${shown} and others`;
}

function tasksOf(checks: readonly FixCheck[]): FixLog["tasks"] {
  const tasks = new Map<string, FixLog["tasks"][number]>();
  for (const { op, task_id, passed } of checks) {
    const key = `${op}\0${task_id}`;
    const task = tasks.get(key) ?? { op, task_id, entries: 0, passed_any: false };
    task.entries += 1;
    task.passed_any ||= passed;
    tasks.set(key, task);
  }
  return [...tasks.values()];
}
