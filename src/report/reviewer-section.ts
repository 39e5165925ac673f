import type { ReviewedSkill } from "../distill/apply-proposal.ts";
import { Failure } from "../failure.ts";
import { groupBy } from "../group-by.ts";
import { hiddenLines } from "../skills/hidden-characters.ts";
import { lintSkill } from "../skills/lint.ts";
import { warningSigns } from "../skills/warning-signs.ts";
import { codeSpan, escapeProse, escapeText } from "./markdown.ts";
import { shorten } from "./shortened-line.ts";

/** Of one sign in one file, so many lines are named; the others are counted. */
const maxLines = 12;
/** Characters of all warning signs, and of all of it. */
const maxSigns = 25_000;
const maxSection = 35_000;
const maxRemark = 400;

/**
 * What a reviewer has to look at in each skill: every warning sign of its SKILL.md and of the files beside it, by file
 * and line, then remarks as far as there is room. Empty where there is nothing. Throws `Failure` (exit code 1) when
 * there are more signs than fit: none is left out.
 */
export function reviewerSection(skills: readonly ReviewedSkill[]): string[] {
  const signs = skills.map(({ path, draft }) => warningLines(path, draft.text, draft.files));
  const length = signs.flat().reduce((sum, line) => sum + line.length + 3, 0);
  if (length > maxSigns) {
    throw new Failure(
      `The skills hold more warning signs than the text of a pull request can show (${signs.flat().length} kinds in ${signs.filter((own) => own.length > 0).length} skills).`,
      { remedy: "Look at the traces, and distil and propose fewer of them at once.", exitCode: 1 },
    );
  }
  const share = Math.floor((maxSection - length) / Math.max(skills.length, 1));
  const lists = skills.map((skill, index) => {
    const lines = [...(signs[index] ?? []), ...withinShare(remarksOf(skill), share)];
    return { name: skill.name, list: lines.map((line) => `- ${line}`).join("\n") };
  });
  const filled = lists.filter(({ list }) => list !== "");
  if (filled.length === 0) return [];
  if (skills.length === 1) return ["## For the reviewer", ...filled.map(({ list }) => list)];
  return ["## For the reviewer", ...filled.flatMap(({ name, list }) => [`### ${codeSpan(name)}`, list])];
}

/**
 * Lines of a SKILL.md and of the files beside it that could make an agent do something, and what lint advises; nobody
 * follows them here. Each as Markdown in one line.
 */
export function warningLines(
  path: string,
  text: string,
  files: readonly { path: string; content: string }[],
): string[] {
  const folder = path.slice(0, -"SKILL.md".length);
  const signs = [
    ...warningSigns(text).map(({ line, what }) => ({ file: path, line, what: `it ${what}` })),
    ...lintSkill(text, path).map(({ line, message }) => ({ file: path, line, what: message })),
    ...files.flatMap(({ path: own, content }) => [
      ...warningSigns(content).map(({ line, what }) => ({ file: folder + own, line, what: `it ${what}` })),
      ...hiddenLines(content).map(({ line, names }) => ({
        file: folder + own,
        line,
        what: `it holds hidden characters: ${names.slice(0, 8).join(", ")}`,
      })),
    ]),
  ];
  const alike = groupBy(signs, ({ file, what }) => `${file}\0${what}`);
  return [...alike.values()].flatMap((group) => {
    const [first] = group;
    if (!first) return [];
    const lines = group.map(({ line }) => line);
    const more =
      lines.length > maxLines ? ` and ${lines.length - maxLines} more, the last ${lines.at(-1)}` : "";
    const where =
      lines.length === 1
        ? codeSpan(`${first.file}:${first.line}`)
        : `${codeSpan(first.file)}, lines ${lines.slice(0, maxLines).join(", ")}${more}`;
    return [`Read ${where}: ${escapeText(first.what)}`];
  });
}

/** What else there is to know, in an order of its own: what was noted, refused, left out and skipped. */
function remarksOf({ draft, proposed }: ReviewedSkill): string[] {
  const notes = [...draft.notes, ...proposed.flatMap((one) => one.notes)];
  const lines = [...new Set(notes)].map((note) => escapeText(shorten(note, maxRemark)));
  for (const { operation, reason } of draft.refused) {
    const what =
      "id" in operation
        ? operation.id
        : "title" in operation
          ? (operation.title ?? "") || (operation.do ?? "")
          : "";
    lines.push(
      `Refused: ${operation.op} ${codeSpan(shorten(what, 100))}: ${escapeText(shorten(reason, maxRemark))}.`,
    );
  }
  for (const text of proposed.flatMap((skill) => skill.unsupported)) {
    lines.push(`Left out, because nothing in the trace supports it: ${escapeProse(shorten(text, 200))}`);
  }
  for (const { rejects, op } of proposed) {
    if (rejects === 0) continue;
    const records = rejects === 1 ? "1 record" : `${rejects} records`;
    const were = rejects === 1 ? "was" : "were";
    lines.push(
      `${records} of the trace of ${codeSpan(shorten(op, 200))} could not be read and ${were} skipped.`,
    );
  }
  return lines;
}

function withinShare(lines: readonly string[], share: number): string[] {
  let left = share - 80;
  const shown: string[] = [];
  for (const line of lines) {
    left -= line.length + 3;
    if (left < 0) break;
    shown.push(line);
  }
  const more = lines.length - shown.length;
  if (more === 0) return shown;
  return [...shown, `${more} more ${more === 1 ? "remark is" : "remarks are"} in the proposal only.`];
}
