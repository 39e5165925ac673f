import type { Reporter } from "../reporter.ts";

/** Something in a trace that was not used, and why. Files are relative to the trace; lines start at 1. */
export interface Reject {
  file: string;
  line: number;
  reason: string;
}

const maxWarnings = 20;

/** Warns of the first rejects of a log; `file` of the workspace holds them all. */
export function warnOfRejects(rejects: readonly Reject[], reporter: Reporter, file: string): void {
  for (const { file: place, line, reason } of rejects.slice(0, maxWarnings))
    reporter.warning(reason, { file: place, line });
  const more = rejects.length - maxWarnings;
  if (more > 0) reporter.warning(`${more} more remarks on the log are in ${file}`);
}
