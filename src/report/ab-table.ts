import { markdownTable } from "markdown-table";
import type { EvaluationFigures } from "../evaluate/figures.ts";
import type { MergePolicy } from "../evaluate/merge-policy.ts";
import { type Arm, arms } from "../evaluate/trial.ts";
import { isEvaluateCommand, noEvaluateCommand } from "./evaluate-command.ts";
import { pointsWords } from "./figure-words.ts";
import { kernelHead, kernelRemarks, kernelRows } from "./kernel-rows.ts";
import { codeBlock, codeSpan, details, escapeCell, truncateMarkdown } from "./markdown.ts";
import { mergeAnswer } from "./merge-answer.ts";
import { studentNames } from "./student-names.ts";
import {
  caseMarks,
  economicsWords,
  meaningWords,
  passesWords,
  recommendationWords,
  runWords,
  type StudentRow,
  studentRows,
} from "./student-rows.ts";

/** GitHub refuses comments over 65,536 characters; the rest is for what others put around it. */
export const maxTableLength = 60_000;

/** Cases beyond these are in the HTML page. */
const maxCases = 40;

/**
 * The A/B as Markdown for a pull request: whether it may merge, the table, what the verdicts rest on, each case, what
 * it costs, and how to compute it again. Everything from outside is escaped. At most `maxTableLength` characters.
 */
export function abTable(figures: EvaluationFigures, policy: MergePolicy = "worse"): string {
  const answer = `**${escapeCell(mergeAnswer(figures, policy).sentence)}**`;
  return truncateMarkdown(`${[answer, ...abParts(figures)].join("\n\n")}\n`, maxTableLength);
}

/** What stands below the answer, as blocks of Markdown. */
export function abParts(figures: EvaluationFigures): string[] {
  const rows = studentRows(figures);
  const { plan } = figures;
  const parts: string[] = [];
  if (rows.length > 0) parts.push(verdictTable(rows));
  parts.push(...runWords(figures).map((words) => escapeCell(words)));
  parts.push(...rows.flatMap(kernelTable));
  const recommended = recommendations(figures);
  if (recommended.length > 0) parts.push("### Which student", recommended.join("\n"));
  if (rows.length > 0) parts.push(details("What the verdicts rest on", grounds(rows)));
  parts.push(...rows.flatMap(caseTable));
  const economics = economicsTable(rows);
  if (economics !== "") parts.push(details("What 1,000 tasks cost", economics));
  parts.push(
    details(
      "What intervals and verdicts mean",
      meaningWords(figures)
        .map((words) => escapeCell(words))
        .join("\n\n"),
    ),
    details("How to compute it again", recompute(plan.reproduce)),
  );
  return parts;
}

/** The arms that any of the skills has, without the placebo, which has a sentence of its own. */
function shownArms(rows: readonly StudentRow[]): Arm[] {
  return arms.filter((arm) => arm !== "placebo" && rows.some(({ figures }) => figures.arms.has(arm)));
}

function verdictTable(rows: readonly StudentRow[]): string {
  const shown = shownArms(rows);
  const head = [
    "Skill, student, cases × repeats",
    "Verdict",
    "Difference (interval)",
    "Solved (95 % interval)",
    "Tokens a run",
    "Cost per solved task",
  ];
  const lines = rows.map((row) => [
    stacked([codeSpan(row.skill), codeSpan(row.student), row.size]),
    `**${row.figures.verdict}**`,
    stacked([...row.difference.split(/ (?=\()/).map(unbroken), row.compared]),
    stacked(
      shown.map((arm) =>
        unbroken(`${arm} ${row.rates.find((rate) => rate.arm === arm)?.text ?? "not measured"}`),
      ),
    ),
    row.tokens,
    escapeCell(row.cost),
  ]);
  return markdownTable([head, ...lines], { alignDelimiters: false, padding: true });
}

/** Lines of one cell: with a column for each figure a table is wider than GitHub's, which then has a word on each line. */
function stacked(lines: readonly string[]): string {
  return lines.filter((line) => line !== "").join("<br>");
}

/** A number with its interval, which a narrow table would break apart. */
function unbroken(words: string): string {
  return words.replaceAll(" ", "\u00a0");
}

function recommendations({ skills, plan }: EvaluationFigures): string[] {
  const nameOf = studentNames(plan);
  return skills
    .map((skill) => recommendationWords(skill, (spec) => nameOf(spec, "")))
    .filter((words) => words !== "")
    .map((words) => `- ${escapeCell(words)}`);
}

function grounds(rows: readonly StudentRow[]): string {
  return rows
    .map((row) =>
      [
        `- ${codeSpan(row.skill)} for ${codeSpan(row.student)}`,
        ...row.remarks.map((remark) => `  - ${escapeCell(remark)}`),
      ].join("\n"),
    )
    .join("\n");
}

function caseTable(row: StudentRow): string[] {
  const { cases, seen } = row.figures;
  const all = [...cases, ...seen.cases];
  if (all.length === 0) return [];
  const shown = arms.filter((arm) => row.figures.arms.has(arm));
  const lines = all
    .slice(0, maxCases)
    .map((one) => [
      [codeSpan(one.planned.id), ...caseMarks(one, row.figures.lost)].join(", "),
      ...shown.map((arm) => passesWords(one, arm)),
      one.difference === null ? "–" : pointsWords(one.difference),
    ]);
  const table = markdownTable([["Case", ...shown, "Difference"], ...lines], { alignDelimiters: false });
  const more = all.length > maxCases ? `\n\n${all.length - maxCases} more cases are in the HTML page.` : "";
  const losses = cases.filter(({ difference }) => difference !== null && difference < 0).length;
  const title = `Cases of ${escapeCell(row.skill)} for ${escapeCell(row.student)}: ${cases.length}, ${losses} with a loss, losses first`;
  return [details(title, `${table}${more}`)];
}

/** The kernels of one skill and student by arm; nothing without kernel cases. */
function kernelTable({ skill, student, figures: { kernels } }: StudentRow): string[] {
  if (kernels === null) return [];
  const lines = kernelRows(kernels).map((row) =>
    row.map((cell) => escapeCell(cell).replaceAll(" %", unbroken(" %"))),
  );
  return [
    `### Kernels of ${codeSpan(skill)} for ${codeSpan(student)}`,
    markdownTable([[...kernelHead], ...lines], { alignDelimiters: false }),
    ...kernelRemarks(kernels).map((remark) => escapeCell(remark)),
  ];
}

function economicsTable(rows: readonly StudentRow[]): string {
  const lines = rows.flatMap((row) => {
    const words = economicsWords(row.figures);
    return words
      ? [[codeSpan(row.skill), codeSpan(row.student), ...words.map((cell) => escapeCell(cell))]]
      : [];
  });
  if (lines.length === 0) return "";
  const head = ["Skill", "Student", "Teacher alone", "Student alone", "Student with skill", "Hybrid"];
  const note =
    "Accuracy, and US dollars for 1,000 tasks. Hybrid: the student with the skill first, the teacher for what it fails, where something notices failures.";
  return `${markdownTable([head, ...lines], { alignDelimiters: false })}\n\n${note}`;
}

function recompute(reproduce: string): string {
  return [
    "From the stored results, without network or models:",
    codeBlock("overproof report --results RESULTS", "sh"),
    ...(isEvaluateCommand(reproduce)
      ? ["From the beginning:", codeBlock(reproduce, "sh")]
      : [noEvaluateCommand]),
  ].join("\n\n");
}
