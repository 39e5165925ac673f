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
import { kernelHead, kernelRemarks, kernelRows } from "../report/kernel-rows.ts";
import { studentNames } from "../report/student-names.ts";
import { neededWords } from "../report/verdict-words.ts";
import { firstLine, wrapText } from "../report/wrapped-text.ts";
import { intervalPlot } from "./interval-plot.ts";

/** Cases with a loss that the terminal shows; the report has all. */
const maxLosses = 5;
const labelWidth = 13;

const colours: Record<Verdict, "green" | "cyan" | "red" | "yellow"> = {
  better: "green",
  "no worse": "cyan",
  worse: "red",
  "cannot tell": "yellow",
};

/** Room for a rate with its interval, and for a change with its own. */
const figuresWidth = 32;
/** Of a verdict and a change, before the names in the overview. */
const overviewWidth = 28;

/** The A/B for a terminal, no line wider than `columns`, which is taken to be between 60 and 100. */
export function abText(
  figures: EvaluationFigures,
  view: { columns: number; colour: boolean; policy?: MergePolicy },
): string {
  const { columns, paint } = lookOf(view);
  const answer = wrapText(mergeAnswer(figures, view.policy).sentence, columns);
  const blocks = [answer.map((line) => paint("bold", line)), ...abBlocks(figures, view)];
  return `${blocks.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

function lookOf(view: { columns: number; colour: boolean }): Look {
  return {
    columns: Math.min(100, Math.max(60, view.columns)),
    paint: (style, text) => (view.colour ? styleText(style, text, { validateStream: false }) : text),
  };
}

/** What stands below the answer, as blocks of lines. */
export function abBlocks(figures: EvaluationFigures, view: { columns: number; colour: boolean }): string[][] {
  const { columns, paint } = lookOf(view);
  const nameOf = studentNames(figures.plan);
  const rows = studentRows(figures);
  const recommended = figures.skills
    .map((skill) => recommendationWords(skill, (spec) => nameOf(spec, "")))
    .filter((words) => words !== "");
  const method = [...(rows.length > 0 ? [plotWords] : []), ...methodWords(figures)];
  const blocks = [
    rows.length > 1 ? rows.flatMap((row) => overview(row, { columns, paint })) : [],
    ...rows.map((row) => block(row, figures, { columns, paint })),
    recommended.flatMap((words) => wrapText(words, columns)),
    method.flatMap((words) => wrapText(words, columns).map((line) => paint("dim", line))),
  ];
  return blocks.filter((lines) => lines.length > 0);
}

const plotWords =
  "A line of an arm goes from 0 to 100 %; that of a change from −100 to +100 points, with │ at no change and at the margin.";

type Paint = (style: "bold" | "dim" | "green" | "cyan" | "red" | "yellow", text: string) => string;

interface Look {
  columns: number;
  paint: Paint;
}

/** The verdict of one skill and student in a line, or in more where the names need them. */
function overview({ skill, student, figures }: StudentRow, { columns, paint }: Look): string[] {
  const { verdict, comparison } = figures;
  const change = comparison === null ? "" : pointsWords(comparison.decision.difference.value);
  const [first = "", ...more] = wrapText(`${skill} for ${student}`, columns - overviewWidth);
  return [
    `${paint(colours[verdict], verdict.padEnd(13))}${change.padStart(13)}  ${first}`,
    ...more.map((line) => `${" ".repeat(overviewWidth)}${line}`),
  ];
}

function block(row: StudentRow, { plan }: EvaluationFigures, { columns, paint }: Look): string[] {
  const { comparison, verdict, cases } = row.figures;
  const size = `${counted(comparison?.decision.cases ?? 0, "case")} × ${counted(row.figures.look.repeats, "repeat")}`;
  const [reason = "", ...remarks] = row.remarks;
  const needed = neededWords(row.figures);
  const lines = [
    ...wrapText(`${row.skill} for ${row.student}`, columns).map((line) => paint("bold", line)),
    ...wrapText(`${reason} ${size}.`, columns).map((line) => paint(colours[verdict], line)),
    ...wrapText(needed, columns),
  ];
  const plotColumns = columns - labelWidth - figuresWidth - 4;
  for (const { arm, text } of row.rates) {
    const { rate = null } = row.figures.arms.get(arm) ?? {};
    const plot = rate ? intervalPlot(rate, { from: 0, to: 1, columns: plotColumns }) : "";
    lines.push(labelled(arm, plot, text, plotColumns));
  }
  if (comparison && comparison.decision.cases > 0) {
    const { difference } = comparison.decision;
    const axis = { from: -1, to: 1, columns: plotColumns, marks: [0, -plan.thresholds.margin] };
    lines.push(labelled(row.compared, intervalPlot(difference, axis), row.difference, plotColumns));
  }
  lines.push(...kernelLines(row.figures.kernels, columns));
  const losses = cases.filter(({ difference }) => difference !== null && difference < 0);
  for (const one of losses.slice(0, maxLosses)) {
    const marks = caseMarks(one, row.figures.lost);
    const rates = comparison
      ? `${comparison.reference} ${passesWords(one, comparison.reference)}, head ${passesWords(one, "head")}`
      : "";
    const id = firstLine(one.planned.id, columns - 44);
    lines.push(...indented(`Loses ${[id, ...marks].join(", ")}: ${rates}.`, columns));
  }
  if (losses.length > maxLosses) {
    lines.push(
      ...indented(`${counted(losses.length - maxLosses, "more case loses", "more cases lose")}.`, columns),
    );
  }
  const more = [
    ...remarks.filter((remark) => remark !== needed),
    `Tokens a run: ${row.tokens}. Cost per solved task: ${row.cost}.`,
    ...economicsLine(row.figures),
  ];
  lines.push(...more.flatMap((words) => indented(words, columns)).map((line) => paint("dim", line)));
  return lines;
}

function economicsLine(figures: StudentRow["figures"]): string[] {
  const economics = economicsWords(figures);
  if (economics === undefined) return [];
  const [teacher, student, withSkill, hybrid] = economics;
  return [
    `1,000 tasks: teacher alone ${teacher}; student alone ${student}; student with skill ${withSkill}; hybrid ${hybrid}.`,
  ];
}

/** Kernels by arm: the heads of the columns stand in lines of their own where they would not fit beside each other. */
function kernelLines(kernels: StudentRow["figures"]["kernels"], columns: number): string[] {
  if (kernels === null) return [];
  const rows = kernelRows(kernels).map(([arm = "", ...cells]) => {
    const words = cells.map((cell, index) => `${kernelHead[index + 1] ?? ""} ${cell}`);
    return indented(`${arm}: ${words.join(", ")}.`, columns);
  });
  return [...rows.flat(), ...kernelRemarks(kernels).flatMap((remark) => indented(remark, columns))];
}

function labelled(label: string, plot: string, text: string, plotColumns: number): string {
  return `  ${label.padEnd(labelWidth)}${plot.padEnd(plotColumns)}  ${text}`.trimEnd();
}

function indented(text: string, columns: number): string[] {
  return wrapText(text, columns - 2).map((line) => `  ${line}`);
}
