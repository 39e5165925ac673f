import type { GenerateResult } from "../distill/generate-result.ts";
import type { Score } from "../distill/refine.ts";
import { codeSpan, escapeText } from "./markdown.ts";

/** The step summary of a generation. */
export function generateSummary(result: GenerateResult): string {
  const { status, reason, skills, cases, refinement, student, workspace, dry_run } = result;
  const lines = [`## Overproof: ${status}`, ""];
  if (reason !== undefined) lines.push(escapeText(reason), "");
  for (const { change, name, path } of skills) {
    lines.push(
      `- ${change} ${codeSpan(name)} in ${codeSpan(path)}${dry_run ? " (dry run: not written)" : ""}`,
    );
  }
  if (skills.length > 0) {
    lines.push(`- eval cases: ${cases.development} for development, ${cases.held_out} held out`);
  }
  for (const { round, before, after, kept } of refinement) {
    lines.push(
      `- round ${round}: ${scoreText(before)} before, ${scoreText(after)} after, ${kept ? "kept" : "dropped"}`,
    );
  }
  if (student !== undefined) {
    const { development, held_out: heldOut } = student;
    lines.push(
      `- the student passes ${scoreText(development)} development cases and ${scoreText(heldOut)} held-out ones`,
    );
  }
  lines.push("", `The workspace is ${codeSpan(workspace)}.`);
  return `${lines.join("\n")}\n`;
}

function scoreText({ passed, total }: Score): string {
  return `${passed} of ${total}`;
}
