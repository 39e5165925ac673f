import { styleText } from "node:util";
import type { KernelLintResult } from "../commands/kernel-lint.ts";
import { wrapText } from "../report/wrapped-text.ts";

/** Flags by problem for the terminal, within `columns`. */
export function kernelLintText(
  { problems, flagged }: KernelLintResult,
  view: { columns: number; colour: boolean },
): string {
  const paint = (style: "red" | "green" | "underline", text: string): string =>
    view.colour ? styleText(style, text, { validateStream: false }) : text;
  const lines: string[] = [];
  for (const { file, flags } of problems.filter((one) => one.flags.length > 0)) {
    lines.push(...wrapText(file, view.columns).map((line) => paint("underline", line)));
    for (const { flag, detail } of flags) {
      lines.push(...wrapText(`${flag}: ${detail}`, view.columns - 2).map((line) => `  ${line}`));
    }
    lines.push("");
  }
  const count = `${problems.length} problem${problems.length === 1 ? "" : "s"} checked`;
  lines.push(paint(flagged > 0 ? "red" : "green", `${count}: ${flagged} too weak to gate a kernel`));
  return `${lines.join("\n")}\n`;
}
