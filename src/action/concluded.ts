import type { ExitCode } from "../failure.ts";
import type { Annotation } from "../github/check-run.ts";

/** What a command hands to the workflow. */
export interface Concluded {
  outputs: Record<string, string>;
  /** Markdown for the step summary. */
  summary: string;
  /** Remarks beside lines of files. */
  annotations?: readonly Annotation[];
  /** Sentences that fail the step, although the command did its work: a validation said no, a trace failed. */
  failures?: readonly string[];
  exitCode?: ExitCode | 0;
}

/** Every output, for the commands that do not set it. */
export const emptyOutputs = {
  status: "",
  changed: "false",
  skills: "[]",
  proposal: "",
  "pull-request-number": "",
  "pull-request-url": "",
  page: "",
  matrix: '{"include":[]}',
  kernels: '{"include":[]}',
  results: "",
  key: "",
};
