import { compareText } from "../compare-text.ts";
import { lastCharacters } from "./last-characters.ts";
import { reasonOf, usageFailure } from "../failure.ts";
import type { Reporter } from "../reporter.ts";
import { type Lineage, parseLineageGraph } from "./lineage-table.ts";
import type { Reject } from "./reject.ts";
import { type Measurement, parseSpeedupRecord } from "./speedup-record.ts";
import { maskedName } from "../secrets/masked-name.ts";
import type { Redactor } from "../secrets/redactor.ts";
import { openTraceFolder, type TraceFolder } from "./trace-folder.ts";
import { type VerificationRecord, verificationRecords } from "./verification-records.ts";

/** A verification record with only the end of its log: logs may be long, and there may be thousands. */
export interface Check extends Omit<VerificationRecord, "error_log"> {
  /** The last 1,000 characters. */
  error_log_end: string;
}

/** What an AKG log folder says about one operator, before anything is concluded from it. */
export interface AkgLog {
  op: string;
  folder: TraceFolder;
  /** In file order. */
  checks: Check[];
  /** In file order. */
  measurements: Measurement[];
  lineage: Lineage;
  paths: { verification: string; speedup: string; lineage: string };
  rejects: Reject[];
}

const verificationFile = "verification_results.jsonl";
const speedupFile = "speed_up_record.txt";
const versionFolder = /^Iteration.+_Step\d+_verify$/;
const lineageEnd = "_lineage_graph.md";
const maxTextBytes = 256 * 1024 * 1024;
const logEndLength = 1000;

/**
 * Opens an AKG log folder and reads the three files about one operator: `verification_results.jsonl`,
 * `{op}/profiling/speed_up_record.txt` and `{op}_lineage_graph.md`; any of them may be missing. Without `op`, the
 * only operator in the folder is taken. Throws `Failure` (exit code 2) for a folder or file that cannot be read, for
 * a folder without any of these files, and for an operator that is not in it or not the only one.
 */
export async function readAkgLog(
  logDir: string,
  options: { op: string | undefined; reporter: Reporter; redactor?: Redactor | undefined },
): Promise<AkgLog> {
  const folder = await openTraceFolder(logDir, options.redactor);
  const rejects: Reject[] = [];
  const allChecks = await readChecks(folder, logDir, rejects, options.reporter);
  const operators = operatorsIn(folder, allChecks);
  if (operators.length === 0 && !folder.list("").files.has(verificationFile)) {
    throw usageFailure(
      `${maskedName(logDir)} holds no AKG search log: there is no ${verificationFile}, no {operator}/profiling/${speedupFile} and no {operator}${lineageEnd} in it.`,
      "Pass the logs folder of a search, the one with these files.",
    );
  }
  const op = chosenOperator(options.op, operators, logDir);
  const paths = {
    verification: verificationFile,
    speedup: `${op}/profiling/${speedupFile}`,
    lineage: `${op}${lineageEnd}`,
  };
  const isListed = (parent: string, name: string) => isRegularFile(folder, parent, name, logDir);

  let measurements: Measurement[] = [];
  if (folder.list("").folders.has(op) && folder.list(op).folders.has("profiling")) {
    if (isListed(`${op}/profiling`, speedupFile)) {
      const parsed = parseSpeedupRecord(readText(folder, paths.speedup, logDir), paths.speedup);
      measurements = parsed.measurements;
      rejects.push(...parsed.rejects);
    }
  }
  let lineage: Lineage = { rows: [], totals: undefined, rejects: [] };
  if (isListed("", paths.lineage)) {
    lineage = parseLineageGraph(readText(folder, paths.lineage, logDir), paths.lineage);
    rejects.push(...lineage.rejects);
  }
  const checks = allChecks.filter((check) => (check.task_name ?? op) === op);
  return { op, folder, checks, measurements, lineage, paths, rejects };
}

async function readChecks(
  folder: TraceFolder,
  logDir: string,
  rejects: Reject[],
  reporter: Reporter,
): Promise<Check[]> {
  if (!isRegularFile(folder, "", verificationFile, logDir)) return [];
  const checks: Check[] = [];
  try {
    const records = verificationRecords(
      folder.chunks(verificationFile),
      verificationFile,
      (reject) => rejects.push(reject),
      (text) => folder.redactor.mask(text),
    );
    for await (const { error_log, ...record } of records) {
      checks.push({ ...record, error_log_end: lastCharacters(error_log, logEndLength) });
    }
  } catch (error) {
    throw unreadable(`${logDir}/${verificationFile}`, error);
  }
  reporter.info(`${verificationFile}: ${checks.length} verification records`);
  return checks;
}

/** Every operator that a file or a folder of the log is named after, or that a record names. */
function operatorsIn(folder: TraceFolder, checks: readonly Check[]): string[] {
  const operators = new Set<string>();
  const { files, folders } = folder.list("");
  for (const file of files) {
    if (file.endsWith(lineageEnd) && file !== lineageEnd) operators.add(file.slice(0, -lineageEnd.length));
  }
  for (const name of folders) {
    const inside = folder.list(name).folders;
    const isMeasured = inside.has("profiling") && folder.list(`${name}/profiling`).files.has(speedupFile);
    if (isMeasured || [...inside].some((version) => versionFolder.test(version))) operators.add(name);
  }
  for (const { task_name } of checks) if (task_name) operators.add(task_name);
  return [...operators].sort(compareText);
}

function chosenOperator(asked: string | undefined, operators: readonly string[], logDir: string): string {
  const known = operators.map((name) => JSON.stringify(maskedName(name))).join(", ") || "none";
  if (asked !== undefined) {
    if (operators.includes(asked)) return asked;
    throw usageFailure(
      `${maskedName(logDir)} holds nothing about the operator ${JSON.stringify(maskedName(asked))}.`,
      `Operators in it: ${known}. Name one of them with --op.`,
    );
  }
  const [only, ...others] = operators;
  if (only !== undefined && others.length === 0) return only;
  if (only === undefined) {
    throw usageFailure(
      `No record in ${maskedName(logDir)}/${verificationFile} names an operator.`,
      "Pass the logs folder of a search, and the operator with --op.",
    );
  }
  throw usageFailure(
    `${maskedName(logDir)} holds several operators.`,
    `Operators in it: ${known}. Name one with --op.`,
  );
}

/** False where there is nothing of that name; throws where there is something that is no file. */
function isRegularFile(folder: TraceFolder, parent: string, name: string, logDir: string): boolean {
  const { files, folders, other } = folder.list(parent);
  if (files.has(name)) return true;
  if (!folders.has(name) && !other.has(name)) return false;
  const path = parent === "" ? name : `${parent}/${name}`;
  throw unreadable(`${logDir}/${path}`, new Error("it is a folder, a link or a device"));
}

function readText(folder: TraceFolder, path: string, logDir: string): string {
  try {
    return folder.text(path, maxTextBytes);
  } catch (error) {
    throw unreadable(`${logDir}/${path}`, error);
  }
}

function unreadable(path: string, error: unknown) {
  return usageFailure(
    `${maskedName(path)} cannot be read (${maskedName(reasonOf(error))}).`,
    "Check that it is a plain file that you may read.",
    error,
  );
}
