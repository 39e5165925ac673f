import type { Mode } from "./material.ts";
import type { ExitCode } from "../failure.ts";

/** What a distillation came to; `result.json` of the workspace holds the same. */
export interface DistillResult {
  command: "distill";
  /** As it was asked for. */
  mode: Mode | "auto";
  status: "proposed" | "unchanged" | "empty";
  /** Why nothing is proposed; absent when something is. */
  reason?: string;
  /** Each skill once, with what all traces together change. */
  skills: {
    name: string;
    /** Of the SKILL.md, relative to the folder that holds the library. */
    path: string;
    change: "added" | "changed";
    /** The same file from the working folder. */
    file: string;
  }[];
  /** Traces that failed while others were distilled; the proposal holds what was done. Absent when there are none. */
  failures?: TraceFailure[];
  /** Files of the named folders that are no traces. Absent when there are none. */
  not_traces?: string[];
  workspace: string;
  /** The proposal file; null when nothing is proposed. */
  proposal: string | null;
  dry_run: boolean;
}

/** Why one trace of several was not distilled. */
export interface TraceFailure {
  /** As it was named. */
  trace: string;
  reason: string;
  remedy: string;
  exit_code: ExitCode;
}

/** The exit code of a run that kept what was done: the gravest of its failures, 0 without any. */
export function exitCodeOf({ failures = [] }: DistillResult): ExitCode | 0 {
  return failures.reduce<ExitCode | 0>(
    (code, failure) => (failure.exit_code > code ? failure.exit_code : code),
    0,
  );
}
