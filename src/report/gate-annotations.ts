import type { Annotation } from "../github/check-run.ts";
import type { Finding } from "../skills/lint.ts";

/** The linter's findings beside the lines of the changed files. */
export function lintAnnotations(findings: readonly Finding[]): Annotation[] {
  return findings.map(({ file, line, severity, rule, message, hint }) => ({
    path: file,
    line: Math.max(1, line),
    level: severity === "error" ? "failure" : "warning",
    title: rule,
    message: `${message} ${hint}`,
  }));
}
