import type { GenerateResult } from "../distill/generate-result.ts";
import { oneLine } from "./one-line.ts";

/** What a generation came to, for the terminal. */
export function generateText(result: GenerateResult): string {
  const { status, reason, skills, cases, refinement, workspace, dry_run } = result;
  if (status !== "proposed") {
    const word = status === "empty" ? "Nothing to teach" : "Unchanged";
    return `${word}: ${oneLine(reason ?? "")}\nWorkspace: ${oneLine(workspace)}\n`;
  }
  const lines = skills.map(
    ({ change, file }) =>
      `${change === "added" ? "Added" : "Changed"} ${file}${dry_run ? " (dry run: not written)" : ""}`,
  );
  lines.push(`Eval cases: ${cases.development} for development, ${cases.held_out} held out.`);
  if (refinement.length > 0) lines.push(`Rounds of refinement: ${refinement.length}.`);
  lines.push(`Workspace: ${workspace}`);
  return `${lines.map(oneLine).join("\n")}\n`;
}
