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
    const told = [`${word}: ${result.reason ?? ""}`, ...otherFiles(result), `Workspace: ${result.workspace}`];
    return `${told.map(oneLine).join("\n")}\n`;
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
  lines.push(...otherFiles(result), `Workspace: ${result.workspace}`, "", "Next:");
  if (first && !result.dry_run) lines.push(`${command("show", first.name)}    what each claim rests on`);
  const proposal = shellWord(result.proposal ?? "");
  lines.push(`${command("propose", proposal, "--dry-run")}    the pull request`);
  return `${lines.map(oneLine).join("\n")}\n`;
}

/** More files than this are counted and not listed. */
const mostFiles = 5;

/** The files of named folders that are no traces, with why. */
function otherFiles({ not_traces: others = [] }: DistillResult): string[] {
  if (others.length === 0) return [];
  const more = others.length - mostFiles;
  return [
    `${others.length} ${others.length === 1 ? "file is no trace" : "files are no traces"}:`,
    ...others.slice(0, mostFiles).map((other) => `  ${other}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
}
