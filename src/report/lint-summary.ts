import { markdownTable } from "markdown-table";
import type { LintResult } from "../commands/lint.ts";
import { escapeCell } from "./markdown.ts";

/** More findings than this are counted and not listed: a summary is read by people. */
const maxRows = 100;

/** The step summary of a lint run. */
export function lintSummary(result: LintResult): string {
  const head = `## Overproof: ${result.errors} errors, ${result.warnings} warnings in ${result.files} files\n`;
  if (result.findings.length === 0) return head;
  const rows = result.findings
    .slice(0, maxRows)
    .map(({ severity, rule, file, line, message, hint }) => [
      severity,
      rule,
      escapeCell(`${file}:${line}`),
      escapeCell(`${message} ${hint}`),
    ]);
  const more = result.findings.length - rows.length;
  const rest = more > 0 ? `\n\n${more} more findings are in the log.` : "";
  return `${head}\n${markdownTable([["severity", "rule", "place", "finding"], ...rows])}${rest}\n`;
}
