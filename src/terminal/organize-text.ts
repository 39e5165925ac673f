import type { OrganizeResult } from "../commands/organize.ts";
import type { LedgerEntry } from "../organize/ledger.ts";
import { groupBy } from "../group-by.ts";
import { shellWord } from "../report/shell-word.ts";
import { oneLine } from "./one-line.ts";

/**
 * What an organising came to: skills merged and split, where each claim of a source stands now, and what to do next with
 * the library and the configuration that were `given`.
 */
export function organizeText(
  result: OrganizeResult,
  given: { library?: string | undefined; config?: string | undefined },
): string {
  const { status, merged, split, archived, untouched, ledger, workspace } = result;
  if (status !== "proposed") {
    const word = status === "empty" ? "Nothing to organise" : "Unchanged";
    return `${word}: ${oneLine(result.reason ?? "")}\nWorkspace: ${oneLine(workspace)}\n`;
  }
  const dry = result.dry_run ? " (dry run: not written)" : "";
  const lines = [
    ...merged.map(({ path, sources }) => `Merged ${sources.join(", ")} into ${path}${dry}`),
    ...split.map(
      ({ source, into }) => `Split ${source} into ${into.map(({ name }) => name).join(", ")}${dry}`,
    ),
    `${counted(archived.length, "skill")} archived, ${counted(untouched.length, "skill")} untouched`,
    "",
    ...ledgerLines(ledger),
    "",
    `No loss: ${result.proof?.state ?? "unproven"}. ${result.proof?.reason ?? ""}`,
    `Workspace: ${workspace}`,
  ];
  if (result.proposal !== null) {
    const options = [
      ...(given.library === undefined ? [] : ["--library", shellWord(given.library)]),
      ...(given.config === undefined ? [] : ["--config", shellWord(given.config)]),
    ];
    const command = ["overproof propose", shellWord(result.proposal), "--dry-run", ...options].join(" ");
    lines.push("", "Next:", `  ${command}    the pull request`);
  }
  return `${lines.map(oneLine).join("\n")}\n`;
}

/** Every claim of every source, by source. */
function ledgerLines(ledger: readonly LedgerEntry[]): string[] {
  return [...groupBy(ledger, ({ source }) => source)].flatMap(([source, entries]) => [
    `${source}:`,
    ...entries.map(({ title, state, into, reason }) => {
      const where = into === null ? "" : ` in ${into.skill}`;
      return `  ${state}${where}: ${title}${reason === "" ? "" : ` (${reason})`}`;
    }),
  ]);
}

function counted(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
