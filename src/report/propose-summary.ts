import { escapeText } from "./markdown.ts";

/** The step summary of a proposal: the pull request's body, or the one sentence that says why there is none. */
export function proposeSummary(result: { status: string; reason?: string; body: string }): string {
  if (result.status !== "unchanged") return result.body;
  return `## Overproof: nothing to propose\n\n${escapeText(result.reason ?? "")}\n`;
}
