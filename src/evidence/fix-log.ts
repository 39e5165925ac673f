import type { Reject } from "../traces/reject.ts";

/**
 * A failure that was overcome. Field names are those of AKG's collector where it has them; `fixed` is the next
 * attempt that did not fail in the same way, which for the last failure is the success itself.
 */
export interface FixRecord {
  task_id: string;
  /** The last attempt that failed in this way; null where the log does not tell its step. */
  error_step: number | null;
  success_step: number | null;
  fixed_step: number | null;
  failures_before_success: number;
  /** Attempts in a row that failed in this way, this one included. */
  attempts: number;
  /** The last 1,000 characters of the failure's log. */
  error_log: string;
  error_log_total_chars: number;
  error_log_truncated: boolean;
  /** The failure with what differs from run to run masked; empty where the log has no text. */
  signature: string;
  error_lines: string[];
  /** Files of the code, relative to the log folder; null where the log does not hold the code that was checked. */
  failed_impl: string | null;
  success_impl: string | null;
  fixed_impl: string | null;
  failed_sha256: string | null;
  success_sha256: string | null;
  fixed_sha256: string | null;
  identical_after_stripping: boolean;
  /** From the failure to `fixed`, without comments, never cut; empty where the code of a side is missing. */
  diff: string;
  diff_lines: number;
  added: number;
  removed: number;
  /** The part of `diff` that still stands in the success; equal to `diff` for the last failure. */
  lasting_diff: string;
  /** The same failure came again before the success. */
  came_back: boolean;
  op: string;
  dsl: string;
  run: number;
  /** First lines of the records in the log. */
  error_line: number;
  fixed_line: number;
}

/** An attempt after which the same failure came again. */
export interface FixAttempt {
  op: string;
  dsl: string;
  task_id: string;
  run: number;
  error_step: number | null;
  next_step: number | null;
  signature: string;
  error_lines: string[];
  diff: string;
  /** The change, or a part of it, still stands in the success, so that it may be one of several that helped. */
  lasted: boolean;
  error_line: number;
  next_line: number;
}

/** How a run ended that has no success: by its last failure. */
export interface OpenFailure {
  op: string;
  dsl: string;
  task_id: string;
  run: number;
  error_step: number | null;
  failures: number;
  signature: string;
  error_lines: string[];
  error_log: string;
  error_line: number;
}

export interface FixMetadata {
  op_name: string;
  dsl: string;
  backend: string;
  arch: string;
}

/** What a log of fixes says. */
export interface FixLog {
  /** SHA-256 over the paths and digests of the files read; the same wherever the folder lies. */
  digest: string;
  metadata: FixMetadata;
  /** In order of first appearance. */
  operators: string[];
  /** Records read. */
  entries: number;
  /** In order of first appearance. */
  tasks: { op: string; task_id: string; entries: number; passed_any: boolean }[];
  /** Ids that stand in the log as numbers. */
  numericIds: ReadonlySet<string>;
  /** In order of operator, run, task and time. */
  fixes: FixRecord[];
  /** Failures after which the same code passed or failed otherwise: a check that is not sure, or a remark. */
  flaky: FixRecord[];
  attempts: FixAttempt[];
  open: OpenFailure[];
  rejects: Reject[];
}
