import type { DistillResult } from "../commands/distill.ts";
import { showHidden } from "../skills/hidden-characters.ts";

/** What a distillation came to, and what to do next. */
export function distillText(result: DistillResult): string {
  if (result.status !== "proposed") {
    const word = result.status === "empty" ? "Nothing to teach" : "Unchanged";
    return `${word}: ${showHidden(result.reason ?? "")}\nWorkspace: ${result.workspace}\n`;
  }
  const lines = result.skills.map(
    (skill) =>
      `${skill.change === "added" ? "Added" : "Changed"} ${skill.path}${result.dry_run ? " (dry run: not written)" : ""}`,
  );
  const [first] = result.skills;
  lines.push(`Workspace: ${result.workspace}`, "", "Next:");
  if (first && !result.dry_run) lines.push(`  overproof show ${first.name}    what each claim rests on`);
  lines.push(`  overproof propose ${result.proposal ?? ""} --dry-run    the pull request`);
  return `${lines.join("\n")}\n`;
}
