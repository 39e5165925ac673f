import { styleText } from "node:util";
import type { EvaluationFigures } from "../evaluate/figures.ts";
import type { MergePolicy } from "../evaluate/merge-policy.ts";
import type { Verdict } from "../evaluate/verdict.ts";
import { counted, pointsWords } from "../report/figure-words.ts";
import { mergeAnswer } from "../report/merge-answer.ts";
import {
  caseMarks,
  economicsWords,
  methodWords,
  passesWords,
  recommendationWords,
  type StudentRow,
  studentRows,
} from "../report/student-rows.ts";
import { studentNames } from "../report/student-names.ts";
import { firstLine, wrapText } from "../report/wrapped-text.ts";
import { intervalPlot } from "./interval-plot.ts";

/** Cases with a loss that the terminal shows; the report has all. */
const maxLosses = 5;
const labelWidth = 9;

const colours: Record<Verdict, "green" | "cyan" | "red" | "yellow"> = {
  better: "green",
  "no worse": "cyan",
  worse: "red",
  "cannot tell": "yellow",
};

/** The A/B for a terminal, no line wider than `columns`, which is taken to be between 60 and 100. */
export function evaluateText(
  figures: EvaluationFigures,
  view: { columns: number; colour: boolean; policy?: MergePolicy },
): string {
  const columns = Math.min(100, Math.max(60, view.columns));
  const paint: Paint = (style, text) =>
    view.colour ? styleText(style, text, { validateStream: false }) : text;
  const answer = mergeAnswer(figures, view.policy);
  const nameOf = studentNames(figures.plan);
  const recommended = figures.skills
    .map((skill) => recommendationWords(skill, (spec) => nameOf(spec, "")))
    .filter((words) => words !== "");
  const blocks = [
    wrapText(answer.sentence, columns).map((line) => paint("bold", line)),
    ...studentRows(figures).map((row) => block(row, figures, { columns, paint })),
    recommended.flatMap((words) => wrapText(words, columns)),
    methodWords(figures).flatMap((words) => wrapText(words, columns).map((line) => paint("dim", line))),
  ];
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n")}\n`;
}

type Paint = (style: "bold" | "dim" | "green" | "cyan" | "red" | "yellow", text: string) => string;

function block(
  row: StudentRow,
  { plan }: EvaluationFigures,
  { columns, paint }: { columns: number; paint: Paint },
): string[] {
  const { comparison, verdict, cases } = row.figures;
  const lines = [
    ...wrapText(`${row.skill} for ${row.student}`, columns).map((line) => paint("bold", line)),
    `${paint(colours[verdict], verdict)}: ${counted(comparison?.decision.cases ?? 0, "case")} × ${counted(row.figures.look.repeats, "repeat")}`,
  ];
  const plotColumns = columns - labelWidth - 27;
  for (const { arm, text } of row.rates) {
    const { rate = null } = row.figures.arms.get(arm) ?? {};
    const plot = rate ? intervalPlot(rate, { from: 0, to: 1, columns: plotColumns }) : "";
    lines.push(labelled(arm, plot, text, plotColumns));
  }
  if (comparison && comparison.decision.cases > 0) {
    const { difference } = comparison.decision;
    const axis = { from: -1, to: 1, columns: plotColumns, marks: [0, -plan.thresholds.margin] };
    lines.push(
      labelled("change", intervalPlot(difference, axis), pointsWords(difference.value), plotColumns),
    );
    lines.push(...indented(`Change, ${row.compared}: ${row.difference}.`, columns));
  }
  lines.push(...row.remarks.flatMap((remark) => indented(remark, columns)));
  lines.push(...indented(`Tokens a run: ${row.tokens}. Cost per solved task: ${row.cost}.`, columns));
  const economics = economicsWords(row.figures);
  if (economics) {
    const [teacher, student, withSkill, hybrid] = economics;
    const words = `1,000 tasks: teacher alone ${teacher}; student alone ${student}; student with skill ${withSkill}; hybrid ${hybrid}.`;
    lines.push(...indented(words, columns));
  }
  const losses = cases.filter(({ difference }) => difference !== null && difference < 0);
  for (const one of losses.slice(0, maxLosses)) {
    const marks = caseMarks(one, comparison?.decision.lost ?? []);
    const rates = comparison
      ? `${comparison.reference} ${passesWords(one, comparison.reference)}, head ${passesWords(one, "head")}`
      : "";
    const id = firstLine(one.planned.id, columns - 44);
    lines.push(...indented(`Loses ${[id, ...marks].join(", ")}: ${rates}.`, columns));
  }
  if (losses.length > maxLosses)
    lines.push(...indented(`${losses.length - maxLosses} more cases lose.`, columns));
  return lines;
}

function labelled(label: string, plot: string, text: string, plotColumns: number): string {
  return `  ${label.padEnd(labelWidth)}${plot.padEnd(plotColumns)}  ${text}`.trimEnd();
}

function indented(text: string, columns: number): string[] {
  return wrapText(text, columns - 2).map((line) => `  ${line}`);
}
