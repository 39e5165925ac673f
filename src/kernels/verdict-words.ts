import type { CandidateResult } from "./kernel-result.ts";

/** In characters, of a compiler's or a program's last words. */
const mostLog = 4000;

/** Why a candidate is not correct, for whoever wrote it: the verdict, its reasons, failed shapes and the end of a log. */
export function verdictWords({ verdict, reasons, shapes, compile, log_tail }: CandidateResult): string {
  const failed = shapes
    // One that failed for another reason than its numbers has nothing to say about them.
    .filter(({ passed, max_abs }) => !passed && max_abs !== 0)
    .map(({ name, max_abs, max_rel }) => {
      const [absolute, relative] = [max_abs, max_rel].map((error) => error?.toPrecision(3) ?? "unknown");
      return `Shape ${name}: largest absolute error ${absolute}, largest relative error ${relative}.`;
    });
  const log = (verdict === "compile-error" ? compile.log_tail || log_tail : log_tail).trim();
  const end = log === "" ? [] : [log.slice(-mostLog)];
  return [`Verdict: ${verdict}.`, ...reasons, ...failed, ...end].join("\n");
}
