import { characterCount } from "../traces/last-characters.ts";
import { type CodeDiff, codeDiff } from "./code-diff.ts";
import type { Code, CodeSource } from "./fix-code.ts";
import type { FixLog, FixRecord } from "./fix-log.ts";
import type { FixCheck, FixRun } from "./fix-runs.ts";
import { withLastingChanges } from "./lasting-change.ts";

/** Adds what one run of one task tells to the log. */
export function readRun(run: FixRun, source: CodeSource, log: FixLog): void {
  const end = run.checks.findIndex((check) => check.passed);
  const failures = end < 0 ? run.checks : run.checks.slice(0, end);
  const success = run.checks[end];
  const last = failures.at(-1);
  if (last === undefined) return;
  const about = (check: FixCheck) => ({
    op: run.op,
    dsl: check.dsl ?? log.metadata.dsl,
    task_id: run.task_id,
    run: run.run,
  });
  if (success === undefined) {
    const { step, signature, error_lines, error_log, line } = last;
    const open = {
      error_step: step,
      failures: failures.length,
      signature,
      error_lines,
      error_log,
      error_line: line,
    };
    log.open.push({ ...about(last), ...open });
    return;
  }
  const read = new Map<FixCheck, Code | undefined>();
  const codeOf: CodeSource = (check) => {
    if (!read.has(check)) read.set(check, source(check));
    return read.get(check);
  };
  let attempts = 0;
  for (const [index, failed] of failures.entries()) {
    attempts += 1;
    const next = failures[index + 1];
    if (next !== undefined && next.signature === failed.signature) {
      const { diff, lasting } = changeOf(run, { failed, fixed: next, success }, codeOf);
      if (diff === undefined) continue;
      const { step, signature, error_lines, line } = failed;
      const steps = { error_step: step, next_step: next.step, error_line: line, next_line: next.line };
      const change = { diff: diff.text, lasted: lasting !== "" };
      log.attempts.push({ ...about(failed), ...steps, ...change, signature, error_lines });
      continue;
    }
    const fix = fixRecord(run, { failed, fixed: next ?? success, success }, codeOf);
    const record: FixRecord = {
      ...fix,
      ...about(failed),
      failures_before_success: failures.length,
      attempts,
      came_back: failures.slice(index + 1).some((later) => later.signature === failed.signature),
    };
    (record.identical_after_stripping ? log.flaky : log.fixes).push(record);
    attempts = 0;
  }
}

interface Pair {
  failed: FixCheck;
  fixed: FixCheck;
  success: FixCheck;
}

/** The change between two checks, and what of it still stands in the success; nothing where code is missing or equal. */
function changeOf(
  run: FixRun,
  { failed, fixed, success }: Pair,
  codeOf: CodeSource,
): { diff: CodeDiff | undefined; lasting: string } {
  const [left, right, end] = [codeOf(failed), codeOf(fixed), codeOf(success)];
  if (left === undefined || right === undefined) return { diff: undefined, lasting: "" };
  const names = {
    from: `${run.task_id}_step${failed.step ?? 0}`,
    to: `${run.task_id}_step${fixed.step ?? 0}`,
  };
  const diff = codeDiff(left.stripped, right.stripped, names);
  if (fixed === success || end === undefined) return { diff, lasting: diff?.text ?? "" };
  const lasting = withLastingChanges(left.stripped, right.stripped, end.stripped);
  return { diff, lasting: codeDiff(left.stripped, lasting, names)?.text ?? "" };
}

type FixCore = Omit<
  FixRecord,
  "op" | "dsl" | "task_id" | "run" | "failures_before_success" | "attempts" | "came_back"
>;

function fixRecord(run: FixRun, pair: Pair, codeOf: CodeSource): FixCore {
  const { failed, fixed, success } = pair;
  const [left, right, end] = [codeOf(failed), codeOf(fixed), codeOf(success)];
  const { diff, lasting } = changeOf(run, pair, codeOf);
  const text = diff?.text ?? "";
  return {
    error_step: failed.step,
    success_step: success.step,
    fixed_step: fixed.step,
    error_log: failed.error_log,
    error_log_total_chars: failed.error_log_total_chars,
    error_log_truncated: failed.error_log_total_chars > characterCount(failed.error_log),
    signature: failed.signature,
    error_lines: failed.error_lines,
    failed_impl: left?.impl ?? null,
    success_impl: end?.impl ?? null,
    fixed_impl: right?.impl ?? null,
    failed_sha256: left?.sha256 ?? null,
    success_sha256: end?.sha256 ?? null,
    fixed_sha256: right?.sha256 ?? null,
    identical_after_stripping: left !== undefined && left.stripped === right?.stripped,
    diff: text,
    diff_lines: text === "" ? 0 : text.split("\n").length,
    added: diff?.added ?? 0,
    removed: diff?.removed ?? 0,
    lasting_diff: lasting,
    error_line: failed.line,
    fixed_line: fixed.line,
  };
}
