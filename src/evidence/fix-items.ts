import { sha256 } from "../digest.ts";
import type { Place } from "../reporter.ts";
import type { Evidence, EvidenceKind } from "./evidence.ts";
import { isSuspicious } from "./session-suspicion.ts";
import type { FixAttempt, FixLog, FixRecord, OpenFailure } from "./fix-log.ts";

const verificationFile = "verification_results.jsonl";

/** Longer ones are told by their digest, so that an id fits its file. */
const maxIdPart = 240;

/**
 * What a fix log gives to rest claims on: the log as a whole, the failures that were overcome with a change of code
 * that is known, changes after which the failure stayed and that were given up, and failures that no change overcame,
 * in this order. Records of another DSL than the log's first are left out: they belong to another skill. Summaries hold
 * names and figures of the log and no other text of it.
 */
export function fixLogEvidence(log: FixLog): Evidence[] {
  const item = (about: string, kind: EvidenceKind, places: Place[], summary: string): Evidence => ({
    id: itemId(log, about),
    kind,
    trace: log.digest,
    places,
    summary,
  });
  const fixes = taughtFixes(log);
  const attempts = givenUp(log);
  const open = neverFixed(log);
  return [
    item("log", "task", [{ file: verificationFile, line: 1 }], logSummary(log)),
    ...fixes.map((fix) => ({
      ...item(idOf(fix), "fix", placesOf(fix), fixSummary(fix)),
      ...stepIds(fix, fix.fixed_step),
      diff: fix.lasting_diff,
      signature: fix.signature,
      ...logOf(fix),
    })),
    ...attempts.map((attempt) => ({
      ...item(
        `${idOf(attempt)}/attempt`,
        "attempt",
        [lineOf(attempt.error_line), lineOf(attempt.next_line)],
        attemptSummary(attempt),
      ),
      ...stepIds(attempt, attempt.next_step),
      diff: attempt.diff,
      signature: attempt.signature,
    })),
    ...open.map((failure) => ({
      ...item(idOf(failure), "failure", [lineOf(failure.error_line)], openSummary(failure)),
      signature: failure.signature,
      ...logOf(failure),
    })),
  ];
}

/**
 * The fixes that claims may rest on: with the text of the failure, the code of both sides, and a change that still stands
 * in the version that passed. Where all of it was changed again, nobody knows which part helped.
 */
export function taughtFixes(log: FixLog): FixRecord[] {
  return log.fixes.filter(
    (fix) =>
      fix.dsl === log.metadata.dsl &&
      fix.signature !== "" &&
      fix.lasting_diff !== "" &&
      !holdsInstructions(fix, fix.lasting_diff),
  );
}

/** Overcome failures whose text or code may be meant to steer a reader; nothing of them reaches a claim. */
export function suspectFixes(log: FixLog): FixRecord[] {
  return [...log.fixes, ...log.flaky].filter(
    (fix) => holdsInstructions(fix, fix.diff) || isSuspicious(fix.error_log),
  );
}

function holdsInstructions(
  { op, task_id, signature, error_lines }: Pick<FixRecord, "op" | "task_id" | "signature" | "error_lines">,
  diff: string,
): boolean {
  return isSuspicious([op, task_id, signature, ...error_lines, diff].join("\n"));
}

/** Changes after which the failure stayed and of which nothing stands in the version that passed. */
export function givenUp(log: FixLog): FixAttempt[] {
  return log.attempts.filter(
    (attempt) =>
      attempt.dsl === log.metadata.dsl &&
      !attempt.lasted &&
      attempt.signature !== "" &&
      !holdsInstructions(attempt, attempt.diff),
  );
}

/** Failures with a text that no version of their task overcame. */
export function neverFixed(log: FixLog): OpenFailure[] {
  return log.open.filter(
    (failure) =>
      failure.dsl === log.metadata.dsl && failure.signature !== "" && !holdsInstructions(failure, ""),
  );
}

function logOf({ error_log }: Pick<FixRecord, "error_log">): { log?: string } {
  return isSuspicious(error_log) ? {} : { log: error_log };
}

/** The id of the item that `fixLogEvidence` makes of a fix or of a failure that stayed. */
export function fixItemId(log: FixLog, record: FixRecord | OpenFailure): string {
  return itemId(log, idOf(record));
}

/** The id of the item about the log as a whole. */
export function logItemId(log: FixLog): string {
  return itemId(log, "log");
}

/** The id of the item about a change that did not help. */
export function attemptItemId(log: FixLog, attempt: FixAttempt): string {
  return itemId(log, `${idOf(attempt)}/attempt`);
}

function itemId(log: FixLog, about: string): string {
  return `${log.digest.slice(0, 8)}:${about.length > maxIdPart ? sha256(about) : about}`;
}

type Attempted = Pick<FixRecord, "op" | "task_id" | "run" | "error_step">;

function idOf({ op, task_id, run, error_step }: Attempted): string {
  const parts = [op, task_id, ...(run > 1 ? [`run${run}`] : []), `step${error_step ?? ""}`];
  return parts.map((part) => part.replaceAll("%", "%25").replaceAll("/", "%2F")).join("/");
}

function stepIds(
  { task_id, error_step }: Attempted,
  next: number | null,
): { parent_id: string; child_id: string } {
  return { parent_id: `${task_id}_step${error_step ?? 0}`, child_id: `${task_id}_step${next ?? 0}` };
}

function lineOf(line: number): Place {
  return { file: verificationFile, line };
}

function placesOf(fix: FixRecord): Place[] {
  const files = [fix.failed_impl, fix.fixed_impl].filter((file) => file !== null);
  return [lineOf(fix.error_line), lineOf(fix.fixed_line), ...files.map((file) => ({ file, line: 1 }))];
}

function logSummary(log: FixLog): string {
  const { op_name, dsl, backend, arch } = log.metadata;
  const where = [dsl, backend, arch].filter(Boolean).join(", ");
  const passed = log.tasks.filter((task) => task.passed_any).length;
  return (
    `The log on ${op_name || "unnamed operators"}${where && ` (${where})`} holds ${count(log.entries, "check")} of ` +
    `${count(log.tasks.length, "task")}, of which ${passed} passed; ${count(log.fixes.length, "failure")} ` +
    `${log.fixes.length === 1 ? "was" : "were"} overcome.`
  );
}

function fixSummary(fix: FixRecord): string {
  const isLast = fix.fixed_step === fix.success_step;
  const next = isLast
    ? "passed"
    : `no longer failed like that, and the one at ${stepOf(fix.success_step)} passed`;
  const tries = fix.attempts > 1 ? ` It was attempt ${fix.attempts} against this failure.` : "";
  const part = fix.lasting_diff === fix.diff ? "" : " What else was changed in between did not last.";
  const again = fix.came_back ? " The same failure came once more in between." : "";
  return `${fix.task_id} of ${fix.op} failed at ${stepOf(fix.error_step)}; the check at ${stepOf(fix.fixed_step)} ${next}.${tries}${part}${again}`;
}

function attemptSummary({ op, task_id, error_step, next_step }: FixAttempt): string {
  return `${task_id} of ${op} failed at ${stepOf(error_step)} and, after this change, in the same way at ${stepOf(next_step)}.`;
}

function openSummary({ op, task_id, error_step, failures }: OpenFailure): string {
  return `${task_id} of ${op} never passed in ${count(failures, "check")}; this is how it failed last, at ${stepOf(error_step)}.`;
}

function stepOf(step: number | null): string {
  return step === null ? "a step without a number" : `step ${step}`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
