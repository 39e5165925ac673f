import { styleText } from "node:util";
import type { LibraryHistory, SkillEvent, SkillHistory } from "../commands/history.ts";
import { firstLine, wrapText } from "../report/wrapped-text.ts";

interface View {
  columns: number;
  colour: boolean;
}

/** The life of a skill, or what a library has retired, for the terminal. No line is wider than `columns`, at least 60. */
export function historyText(result: SkillHistory | LibraryHistory, view: View): string {
  const columns = Math.max(60, view.columns);
  const paint = (style: "bold" | "dim", text: string): string =>
    view.colour ? styleText(style, text, { validateStream: false }) : text;
  const lines = "name" in result ? skillLines(result, columns, paint) : libraryLines(result, columns, paint);
  if (!result.isComplete) {
    lines.push(
      "",
      ...wrapText("This clone is shallow: for what was before, run git fetch --unshallow.", columns),
    );
  }
  return `${lines.join("\n")}\n`;
}

type Paint = (style: "bold" | "dim", text: string) => string;

function skillLines(result: SkillHistory, columns: number, paint: Paint): string[] {
  const { name, path, archived, supersedes, events } = result;
  const [last] = archived;
  const state =
    path === null
      ? last
        ? `retired on ${last.date.slice(0, 10)}${heirs(last.survivors)}`
        : "put away by AKG"
      : path;
  const lines = [paint("bold", name), ...wrapText(state, columns).map((line) => paint("dim", line))];
  if (path === null && last) lines.push(...wrapText(`Why: ${last.reason}`, columns));
  if (supersedes.length > 0) lines.push(...wrapText(`Takes the place of ${supersedes.join(", ")}`, columns));
  lines.push("");
  for (const event of events) {
    const head = `${event.date.slice(0, 10)}  ${event.commit.slice(0, 12)}  ${event.what.padEnd(8)}`;
    lines.push(`${head}  ${firstLine(event.subject, columns - head.length - 2)}`.trimEnd());
    for (const detail of detailsOf(event)) {
      lines.push(...wrapText(detail, columns - 4).map((line) => paint("dim", `    ${line}`)));
    }
  }
  if (path === null && last) {
    lines.push("", `Bring it back: overproof restore ${name}`);
    const copies = archived
      .slice(1)
      .map(({ commit, date }) => `${name}@${commit.slice(0, 12)} (${date.slice(0, 10)})`);
    if (copies.length > 0) lines.push(...wrapText(`Retired before: ${copies.join(", ")}`, columns));
  }
  return lines;
}

function heirs(survivors: readonly string[]): string {
  return survivors.length === 0 ? "" : `, superseded by ${survivors.join(", ")}`;
}

function detailsOf({ what, version, traces, survivors, from }: SkillEvent): string[] {
  const digests = traces.slice(0, 4).map((digest) => digest.slice(0, 12));
  const more = traces.length > digests.length ? ` and ${traces.length - digests.length} more` : "";
  return [
    ...(version === null || what === "retired" ? [] : [`version ${version}`]),
    ...(from === null ? [] : [`from ${from}`]),
    ...(digests.length === 0
      ? []
      : [`from ${traces.length === 1 ? "trace" : "traces"} ${digests.join(", ")}${more}`]),
    ...(survivors.length === 0 ? [] : [`superseded by ${survivors.join(", ")}`]),
  ];
}

function libraryLines(
  { archived, put_away: putAway, recent }: LibraryHistory,
  columns: number,
  paint: Paint,
): string[] {
  const lines: string[] = [];
  if (archived.length === 0) lines.push("No skill is retired.");
  else lines.push(paint("bold", "RETIRED     SKILL"));
  for (const { name, date, commit, survivors, reason } of archived) {
    lines.push(...indented(`${date.slice(0, 10)}  `, wrapText(name, columns - 12)));
    const why = survivors.length === 0 ? reason : `${survivors.join(", ")}: ${reason}`;
    const head = `            ${commit.slice(0, 12)}  `;
    lines.push(paint("dim", `${head}${firstLine(why, columns - head.length)}`));
  }
  if (putAway.length > 0) {
    lines.push("", paint("bold", "PUT AWAY BY AKG"));
    for (const { name, date } of putAway) {
      lines.push(...wrapText(`${date.slice(0, 10)}  ${name}`, columns));
    }
    lines.push(...wrapText("Move them to git history: overproof retire --import-archive", columns));
  }
  if (recent.length > 0) lines.push("", paint("bold", "LAST COMMITS"));
  for (const { date, commit, subject } of recent) {
    lines.push(`${date.slice(0, 10)}  ${commit.slice(0, 12)}  ${firstLine(subject, columns - 26)}`);
  }
  return lines;
}

/** Lines behind a head; those after the first stand below it. */
function indented(head: string, [first = "", ...rest]: readonly string[]): string[] {
  return [`${head}${first}`, ...rest.map((line) => `${" ".repeat(head.length)}${line}`)];
}
