import { styleText } from "node:util";
import type { LintResult } from "../commands/lint.ts";
import type { Finding } from "../skills/lint.ts";
import { wrapText } from "./wrapped-text.ts";

type Style = Parameters<typeof styleText>[0];

/** Findings by file for a terminal: no line is wider than `columns`, which is taken to be 40 at least. */
export function lintTable(result: LintResult, options: { columns: number; colour: boolean }): string {
  const columns = Math.max(40, options.columns);
  const paint = (style: Style, text: string): string =>
    options.colour ? styleText(style, text, { validateStream: false }) : text;
  const lines: string[] = [];
  const lineWidth = Math.max(...result.findings.map(({ line }) => String(line).length), 3);
  let file = "";
  for (const finding of result.findings) {
    if (finding.file !== file) {
      if (file !== "") lines.push("");
      lines.push(...wrapText(finding.file, columns).map((part) => paint("underline", part)));
    }
    file = finding.file;
    lines.push(...findingLines(finding, lineWidth, columns, paint));
  }
  if (lines.length > 0) lines.push("");
  lines.push(...wrapText(summary(result), columns).map((line) => paint(summaryStyle(result), line)));
  return `${lines.join("\n")}\n`;
}

function findingLines(
  { line, severity, rule, message, hint }: Finding,
  lineWidth: number,
  columns: number,
  paint: (style: Style, text: string) => string,
): string[] {
  const indent = " ".repeat(lineWidth + 2);
  const word = severity.padEnd("warning".length);
  const colour = severity === "error" ? "red" : "yellow";
  return [
    `${String(line).padStart(lineWidth)}  ${paint(colour, word)}  ${rule}`,
    ...wrapText(message, columns - indent.length).map((text) => indent + text),
    ...wrapText(hint, columns - indent.length).map((text) => indent + paint("dim", text)),
  ];
}

function summary({ files, errors, warnings }: LintResult): string {
  return `${count(files, "file")} checked: ${count(errors, "error")}, ${count(warnings, "warning")}`;
}

function count(number: number, noun: string): string {
  return `${number.toLocaleString("en-US")} ${noun}${number === 1 ? "" : "s"}`;
}

function summaryStyle({ errors, warnings }: LintResult): Style {
  if (errors > 0) return "red";
  return warnings > 0 ? "yellow" : "green";
}
