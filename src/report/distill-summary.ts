import type { DistillResult } from "../distill/distill-result.ts";
import { codeSpan, escapeText } from "./markdown.ts";

/** The step summary of a distillation. */
export function distillSummary(result: DistillResult): string {
  const lines = [`## Overproof: ${result.status}`, ""];
  if (result.reason !== undefined) lines.push(escapeText(result.reason), "");
  for (const skill of result.skills)
    lines.push(`- ${skill.change} ${codeSpan(skill.name)} in ${codeSpan(skill.path)}`);
  for (const { trace, reason, remedy } of result.failures ?? [])
    lines.push(`- not distilled: ${codeSpan(trace)}. ${escapeText(`${reason} ${remedy}`)}`);
  if (result.proposal !== null) lines.push("", `The proposal is in ${codeSpan(result.proposal)}.`);
  return `${lines.join("\n")}\n`;
}
