import type { DistillResult } from "../distill/distill-result.ts";
import { shellWord } from "../report/shell-word.ts";
import { oneLine } from "./one-line.ts";

/** What a distillation came to, and what to do next with the library and the configuration that were `given`. */
export function distillText(
  result: DistillResult,
  given: { library?: string | undefined; config?: string | undefined },
): string {
  if (result.status !== "proposed") {
    const word = result.status === "empty" ? "Nothing to teach" : "Unchanged";
    return `${word}: ${oneLine(result.reason ?? "")}\nWorkspace: ${oneLine(result.workspace)}\n`;
  }
  const lines = result.skills.map(
    (skill) =>
      `${skill.change === "added" ? "Added" : "Changed"} ${skill.file}${result.dry_run ? " (dry run: not written)" : ""}`,
  );
  const options = [
    ...(given.library === undefined ? [] : ["--library", shellWord(given.library)]),
    ...(given.config === undefined ? [] : ["--config", shellWord(given.config)]),
  ];
  const command = (...words: string[]): string => ["  overproof", ...words, ...options].join(" ");
  const [first] = result.skills;
  lines.push(`Workspace: ${result.workspace}`, "", "Next:");
  if (first && !result.dry_run) lines.push(`${command("show", first.name)}    what each claim rests on`);
  const proposal = shellWord(result.proposal ?? "");
  lines.push(`${command("propose", proposal, "--dry-run")}    the pull request`);
  return `${lines.map(oneLine).join("\n")}\n`;
}
