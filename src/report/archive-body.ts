import { markdownTable } from "markdown-table";
import type { ArchivedResults, ArchiveEntry } from "../skills/archive.ts";
import { counted, differenceWords } from "./figure-words.ts";
import { codeBlock, codeSpan, escapeText, truncateMarkdown } from "./markdown.ts";
import { maxBodyLength } from "./pull-request-body.ts";

const maxFiles = 100;
const maxImported = 200;

/** The body of a pull request that retires a skill without another one in its place. */
export function retireBody(entry: ArchiveEntry, paths: readonly string[]): string {
  return fitted([
    `Retires ${codeSpan(entry.name)}. No skill takes its place.`,
    `**Why:** ${escapeText(entry.reason)}`,
    `**Last results:** ${resultWords(entry.results)}`,
    `## What leaves the tree (${counted(paths.length, "file")})`,
    fileList(paths),
    ...restoreWords([entry]),
  ]);
}

/** What a restored skill comes from; `entry` is absent for one that the index did not know. */
export interface RestoredSkill {
  name: string;
  commit: string;
  entry: ArchiveEntry | undefined;
  /** From `.archive/{timestamp}/`, in the tree itself. */
  isPutAway: boolean;
  paths: readonly string[];
  /** Those that could be executed, and cannot be now. */
  executable: readonly string[];
}

/** The body of a pull request that brings a skill back. */
export function restoreBody({ name, commit, entry, isPutAway, paths, executable }: RestoredSkill): string {
  const from = isPutAway
    ? `It lay in ${codeSpan(".archive/")}, which AKG had moved it to; it leaves that folder.`
    : `Its files are, byte for byte, those of commit ${codeSpan(commit.slice(0, 12))}.`;
  const stays =
    entry === undefined || entry.survivors.length === 0
      ? []
      : [
          `**Still there:** ${entry.survivors.map(codeSpan).join(", ")}, which took its place. Both say much of the same now: keep one of them, or tell them apart by their descriptions.`,
        ];
  return fitted([
    `Restores ${codeSpan(name)}. ${from}`,
    ...(entry === undefined
      ? []
      : [
          `**Retired** on ${entry.date.slice(0, 10)}: ${escapeText(entry.reason)}`,
          `**Last results:** ${resultWords(entry.results)}`,
        ]),
    ...stays,
    ...(executable.length === 0
      ? []
      : [`**No longer executable:** ${executable.slice(0, 10).map(codeSpan).join(", ")}.`]),
    `## What comes back (${counted(paths.length, "file")})`,
    fileList(paths),
  ]);
}

/** The body of a pull request that moves AKG's archive folders into git history. */
export function importBody(entries: readonly ArchiveEntry[], passedOver: readonly string[]): string {
  const rows = entries
    .slice(0, maxImported)
    .map(({ name, date, path }) => [codeSpan(name), date.slice(0, 10), codeSpan(path)]);
  const more = entries.length - rows.length;
  return fitted([
    `Moves ${counted(entries.length, "skill")} that AKG put into ${codeSpan(".archive/")} to git history: the folders leave the tree, and the index says which commit holds them.`,
    table(["skill", "put away", "lay in"], rows),
    ...(more > 0 ? [`And ${more} more, which the index names.`] : []),
    ...(passedOver.length === 0
      ? []
      : [
          "## Left where they are",
          "Their names are none that a skill may have.",
          passedOver
            .slice(0, 20)
            .map((path) => `- ${codeSpan(path)}`)
            .join("\n"),
        ]),
    ...restoreWords(entries),
  ]);
}

/** How a reader brings skills back, as blocks of Markdown; none without entries. */
export function restoreWords(entries: readonly ArchiveEntry[]): string[] {
  if (entries.length === 0) return [];
  const shown = entries.slice(0, 20).map(({ name }) => `overproof restore ${name}`);
  return [
    "## How to undo it",
    codeBlock(shown.join("\n"), "sh"),
    ...(entries.length > shown.length ? ["Every other one likewise, by its name."] : []),
    `Nothing is lost: ${entries.length === 1 ? "its files stay" : "their files stay"} in git history, whichever way this is merged.`,
  ];
}

/** The last verdicts of a skill in one line. */
export function resultWords(results: ArchivedResults | null): string {
  if (results === null || results.length === 0) return "never evaluated as it stands.";
  const told = results.slice(0, 10).map(({ student, verdict, cases, difference, low, high }) => {
    const shown =
      difference === null
        ? ""
        : `, ${differenceWords({ value: difference, low: low ?? Number.NaN, high: high ?? Number.NaN })}`;
    return `${verdict} for ${codeSpan(student)} (${counted(cases, "case")}${shown})`;
  });
  return `${told.join("; ")}.`;
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return markdownTable([[...head], ...rows.map((row) => [...row])], {
    alignDelimiters: false,
    padding: true,
  });
}

function fileList(paths: readonly string[]): string {
  const more = paths.length - maxFiles;
  return [
    ...paths.slice(0, maxFiles).map((path) => `- ${codeSpan(path)}`),
    ...(more > 0 ? [`- And ${counted(more, "more file")}.`] : []),
  ].join("\n");
}

function fitted(parts: readonly string[]): string {
  return truncateMarkdown(`${parts.join("\n\n")}\n`, maxBodyLength);
}
