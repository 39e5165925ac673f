import type { EvaluationFigures } from "../evaluate/figures.ts";
import type { MergePolicy } from "../evaluate/merge-policy.ts";
import type { Plan } from "../evaluate/plan.ts";
import { type Arm, arms, type Trial } from "../evaluate/trial.ts";
import type { Verdict } from "../evaluate/verdict.ts";
import { isEvaluateCommand, noEvaluateCommand } from "./evaluate-command.ts";
import { withoutAddresses } from "./failure-words.ts";
import { dollarWords, pointsWords, thousands, tokenWords } from "./figure-words.ts";
import { forestPlot } from "./forest-plot.ts";
import { escapeHtml, htmlTable } from "./html.ts";
import { kernelHead, kernelRemarks, kernelRows } from "./kernel-rows.ts";
import { mergeAnswer } from "./merge-answer.ts";
import { pageStyle } from "./page-style.ts";
import { type ShownCase, shownCases } from "./shown-runs.ts";
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
import { tokensOf } from "../evaluate/arm-figures.ts";

/** Of a reply, of its checks and of a list of cases, so much is shown. */
const maxReply = 6_000;
const maxChecks = 20;
const maxEvidence = 300;
const maxCases = 1_000;

/** Nothing is loaded and nothing runs: whatever a reply holds, it stays text. */
const policyOfContent = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/**
 * The A/B as one HTML page that needs neither network nor script. `replies` are texts by digest (`shownReplies`); those
 * that are missing were not kept. Everything from outside is escaped.
 */
export function abPage(
  figures: EvaluationFigures,
  options: { replies: ReadonlyMap<string, string>; policy?: MergePolicy },
): string {
  const rows = studentRows(figures);
  const answer = mergeAnswer(figures, options.policy);
  const names = [...new Set(figures.skills.map(({ skill }) => skill.name))];
  const title = `A/B of ${names.slice(0, 3).join(", ")}${names.length > 3 ? ` and ${names.length - 3} more` : ""}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policyOfContent}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${pageStyle}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
<p class="answer ${answerClass(figures, answer.mayMerge)}">${escapeHtml(answer.sentence)}</p>
${[
  rows.length === 0
    ? ""
    : `<div class="plot">${forestPlot(figures)}</div>\n<p class="quiet">A bar is a two-sided interval; no worse rests on the one-sided bound, which lies inside it.</p>`,
  ...runWords(figures).map((words) => `<p>${escapeHtml(words)}</p>`),
  rows.length === 0 ? "" : section("Verdicts", verdictTable(rows)),
  section("Which student", recommendations(figures)),
  section("What the verdicts rest on", rows.map(grounds).join("\n")),
  section("What 1,000 tasks cost", economicsTable(rows)),
  section("Kernels", rows.map(kernels).join("\n")),
  section("Cases, losses first", rows.map((row) => casesOf(row)).join("\n")),
  section(
    "Replies, wrong ones first",
    rows.map((row) => repliesOf(row, figures, options.replies)).join("\n"),
  ),
  section("How this was computed", method(figures)),
]
  .filter((part) => part !== "")
  .join("\n")}
</main>
</body>
</html>
`;
}

function section(title: string, body: string): string {
  return body.trim() === "" ? "" : `<section><h2>${title}</h2>\n${body}\n</section>`;
}

function answerClass({ skills }: EvaluationFigures, mayMerge: boolean): "yes" | "no" | "open" {
  if (!mayMerge) return "no";
  const isOpen = skills.some(({ students }) => students.some(({ verdict }) => verdict === "cannot tell"));
  return isOpen ? "open" : "yes";
}

function verdictSpan(verdict: Verdict): string {
  return `<span class="verdict ${verdict.replace(" ", "-")}">${verdict}</span>`;
}

function code(text: string): string {
  return `<code>${escapeHtml(text)}</code>`;
}

function verdictTable(rows: readonly StudentRow[]): string {
  const shown = arms.filter((arm) => rows.some(({ figures }) => figures.arms.has(arm)));
  const head = [
    "Skill",
    "Student",
    "Verdict",
    "Difference",
    ...shown,
    "Cases × repeats",
    "Tokens a run",
    "Cost per solved task",
  ];
  return htmlTable(
    head,
    rows.map((row) => [
      code(row.skill),
      code(row.student),
      verdictSpan(row.figures.verdict),
      `<span>${withBounds(row.difference)}${row.compared === "" ? "" : `<br><span class="quiet">${row.compared}</span>`}</span>`,
      ...shown
        .map((arm) => row.rates.find((rate) => rate.arm === arm)?.text ?? "not measured")
        .map(withBounds),
      row.size,
      ofBoth(row.tokens),
      ofBoth(row.cost),
    ]),
  );
}

/** The bounds of an interval on a line of their own. */
function withBounds(words: string): string {
  const [, value = words, bounds = ""] = /^(.*) \((.*)\)$/.exec(words) ?? [];
  return bounds === "" ? value : `<span>${value}<br><span class="quiet bounds">${bounds}</span></span>`;
}

/** A figure of the reference and of head, each on a line of its own. */
function ofBoth(words: string): string {
  return `<span class="whole">${words.replace(" → ", " →<br>")}</span>`;
}

function recommendations({ skills, plan }: EvaluationFigures): string {
  const nameOf = studentNames(plan);
  const items = skills
    .map((skill) => recommendationWords(skill, (spec) => nameOf(spec, "")))
    .filter((words) => words !== "");
  return items.length === 0 ? "" : list(items);
}

function list(items: readonly string[]): string {
  return `<ul>${items.map((item) => `<li>${escapeHtml(item)}</li>`).join("")}</ul>`;
}

function grounds(row: StudentRow): string {
  const title = `${code(row.skill)} for ${code(row.student)}: ${verdictSpan(row.figures.verdict)}`;
  return `<details><summary>${title}</summary>${list(row.remarks)}</details>`;
}

function kernels({ skill, student, figures }: StudentRow): string {
  if (figures.kernels === null) return "";
  const table = htmlTable(
    [...kernelHead],
    kernelRows(figures.kernels).map((row) => row.map(escapeHtml)),
  );
  return `<h3>${code(skill)} for ${code(student)}</h3>\n${table}\n${list(kernelRemarks(figures.kernels))}`;
}

function economicsTable(rows: readonly StudentRow[]): string {
  const lines = rows.flatMap((row) => {
    const words = economicsWords(row.figures);
    return words ? [[code(row.skill), code(row.student), ...words]] : [];
  });
  if (lines.length === 0) return "";
  const head = ["Skill", "Student", "Teacher alone", "Student alone", "Student with skill", "Hybrid"];
  return `${htmlTable(head, lines)}
<p class="quiet">Accuracy, and US dollars for 1,000 tasks. Hybrid: the student with the skill first, the teacher for what it fails, where something notices failures.</p>`;
}

function casesOf(row: StudentRow): string {
  const { cases, seen, arms: measured } = row.figures;
  const all = [...cases, ...seen.cases];
  if (all.length === 0) return "";
  const shown = arms.filter((arm) => measured.has(arm));
  const table = htmlTable(
    ["Case", ...shown, "Difference"],
    all.slice(0, maxCases).map((one) => [
      `<span>${code(one.planned.id)}${caseMarks(one, row.figures.lost)
        .map((mark) => `<span class="mark">${mark}</span>`)
        .join("")}</span>`,
      ...shown.map((arm) => passesWords(one, arm)),
      one.difference === null
        ? "–"
        : `<span class="${one.difference < 0 ? "worse" : one.difference > 0 ? "better" : ""}">${pointsWords(one.difference)}</span>`,
    ]),
  );
  const more =
    all.length > maxCases
      ? `<p class="quiet">${thousands(all.length - maxCases)} more cases are in the results.</p>`
      : "";
  const losses = cases.filter(({ difference }) => difference !== null && difference < 0).length;
  return `<details><summary>${code(row.skill)} for ${code(row.student)}: ${all.length} ${all.length === 1 ? "case" : "cases"}, ${losses} with a loss</summary>${table}${more}</details>`;
}

function repliesOf(
  row: StudentRow,
  figures: EvaluationFigures,
  replies: ReadonlyMap<string, string>,
): string {
  const shown = shownCases(figures, row.figures).filter(({ runs }) => runs.length > 0);
  if (shown.length === 0) return "";
  const { lost } = row.figures;
  const total = row.figures.cases.length + row.figures.seen.cases.length;
  const note =
    shown.length < total
      ? `<p class="quiet">The first ${shown.length} of ${thousands(total)} cases.</p>`
      : "";
  return `<h3>${code(row.skill)} for ${code(row.student)}</h3>${note}${shown.map((one) => replyDetails(one, { lost, replies, plan: figures.plan })).join("\n")}`;
}

function replyDetails(
  { one, runs }: ShownCase,
  { lost, replies, plan }: { lost: readonly string[]; replies: ReadonlyMap<string, string>; plan: Plan },
): string {
  const outcomes = runs.map(({ arm, all }) => `${arm} <span class="runs">${marksOf(all)}</span>`).join(" · ");
  const marks = caseMarks(one, lost).map((mark) => `<span class="mark">${mark}</span>`);
  return `<details><summary>${code(one.planned.id)}${marks.join("")} <span class="quiet">${outcomes}</span></summary><div class="replies">${runs
    .map(({ arm, trial, all }) => reply(arm, trial, { all, replies, plan }))
    .join("")}</div></details>`;
}

/** One sign a run: passed, failed, excluded. */
function marksOf(trials: readonly Trial[]): string {
  const signs = { passed: "✓", failed: "✗", excluded: "○" } as const;
  return trials
    .slice(0, 50)
    .map(({ outcome }) => signs[outcome])
    .join("");
}

function reply(
  arm: Arm,
  trial: Trial,
  { all, replies, plan }: { all: readonly Trial[]; replies: ReadonlyMap<string, string>; plan: Plan },
): string {
  const text = trial.reply_sha256 === null ? undefined : replies.get(trial.reply_sha256);
  const figures = [
    `run ${trial.identity.repeat + 1} of ${all.length}`,
    `${tokenWords(tokensOf(trial))} tokens`,
    `${(trial.latency_ms / 1000).toFixed(1)} s`,
    ...(trial.cost_usd === null ? [] : [dollarWords(trial.cost_usd)]),
  ];
  const body =
    trial.error !== null && text === undefined
      ? `<p class="quiet">${escapeHtml(cut(`${trial.error.class}: ${withoutAddresses(trial.error.message, plan)}`, maxEvidence))}</p>`
      : text === undefined
        ? `<p class="quiet">Its reply was not kept with the results.</p>`
        : `<pre>${escapeHtml(cut(text, maxReply))}</pre>`;
  const checks = trial.checks
    .slice(0, maxChecks)
    .map(
      ({ check, passed, evidence }) =>
        `<li class="${passed ? "passed" : "failed"}">${passed ? "✓" : "✗"} ${escapeHtml(cut(check, maxEvidence))} <span class="quiet">${escapeHtml(cut(evidence, maxEvidence))}</span></li>`,
    )
    .join("");
  return `<div><h4>${arm}: ${trial.outcome} <span class="quiet">${figures.join(", ")}</span></h4>${checks === "" ? "" : `<ul class="checks">${checks}</ul>`}${body}</div>`;
}

function cut(text: string, length: number): string {
  return text.length <= length
    ? text
    : `${text.slice(0, length)} (${thousands(text.length - length)} more characters)`;
}

function method(figures: EvaluationFigures): string {
  const words = meaningWords(figures).map((sentence) => `<p>${escapeHtml(sentence)}</p>`);
  const { reproduce } = figures.plan;
  const whole = isEvaluateCommand(reproduce)
    ? `<p>From the beginning:</p><pre>${escapeHtml(reproduce)}</pre>`
    : `<p>${noEvaluateCommand}</p>`;
  return `${words.join("")}<p>From the stored results, without network or models:</p><pre>overproof report --results RESULTS</pre>${whole}`;
}
