import type { EvaluationFigures } from "../evaluate/figures.ts";
import { differenceWords } from "./figure-words.ts";
import { escapeHtml } from "./html.ts";
import { type StudentRow, studentRows } from "./student-rows.ts";

const rowHeight = 64;
const top = 30;
const bottom = 40;

/** More rows than these make no picture. */
export const maxPlotRows = 200;

const style = `
.forest{--back:#fff;--ink:#1f2328;--quiet:#59636e;--line:#d1d9e0;--better:#1a7f37;--no-worse:#0969da;--worse:#cf222e;--cannot-tell:#9a6700;
font:13px system-ui,sans-serif;color:var(--ink)}
@media (prefers-color-scheme:dark){.forest{--back:#0d1117;--ink:#f0f6fc;--quiet:#9198a1;--line:#3d444d;--better:#3fb950;--no-worse:#4493f8;--worse:#f85149;--cannot-tell:#d29922}}
.forest text{fill:var(--ink);stroke:var(--back);stroke-width:4;paint-order:stroke;stroke-linejoin:round}.forest .quiet{fill:var(--quiet)}.forest .name{font-weight:600}
.forest .grid{stroke:var(--line)}.forest .zero{stroke:var(--quiet);stroke-width:1.5}
.forest .margin{stroke:var(--worse);stroke-dasharray:4 3}
.forest .bar{stroke-width:2.5;stroke-linecap:round}
${["better", "no-worse", "worse", "cannot-tell"]
  .map(
    (kind) =>
      `.forest .${kind} .bar{stroke:var(--${kind})}.forest .${kind} .dot,.forest .${kind} .word{fill:var(--${kind})}`,
  )
  .join("\n")}`;

/**
 * A forest plot as SVG: for each skill and student the difference with its interval, a line at zero and one at minus
 * the margin. Places are shares of the width, so that the words keep their size on a narrow screen.
 */
export function forestPlot(figures: EvaluationFigures): string {
  const all = studentRows(figures).filter(({ figures: { comparison } }) => comparison !== null);
  const rows = all.slice(0, maxPlotRows);
  const { margin } = figures.plan.thresholds;
  const reach = reachOf(rows, margin);
  const x = (share: number): string =>
    `${(2 + 96 * ((Math.min(reach, Math.max(-reach, share)) + reach) / (2 * reach))).toFixed(2)}%`;
  const height = top + rows.length * rowHeight + bottom;
  const ticks = [-1, -0.5, 0, 0.5, 1].map((share) => share * reach);
  const floor = top + rows.length * rowHeight;
  const grid = ticks.map(
    (tick, index) =>
      `<line class="${tick === 0 ? "zero" : "grid"}" x1="${x(tick)}" x2="${x(tick)}" y1="${top}" y2="${floor}"/>` +
      `<text class="quiet" x="${x(tick)}" y="${floor + 17}" text-anchor="${index === 0 ? "start" : index === ticks.length - 1 ? "end" : "middle"}">${tick > 0 ? "+" : tick < 0 ? "−" : ""}${Number((Math.abs(tick) * 100).toFixed(1))}</text>`,
  );
  const title = `Differences of ${rows.length} ${rows.length === 1 ? "comparison" : "comparisons"}`;
  const described = rows
    .slice(0, 20)
    .map((row) => `${row.skill} for ${row.student}: ${row.figures.verdict}, ${row.difference}.`)
    .join(" ");
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="forest" width="100%" height="${height}" role="img" aria-labelledby="forest-title forest-desc">`,
    `<title id="forest-title">${title}</title><desc id="forest-desc">${escapeHtml(described)}</desc>`,
    `<style>${style}</style>`,
    `<text class="quiet" x="2%" y="16">◂ worse with the change</text><text class="quiet" x="98%" y="16" text-anchor="end">better with the change ▸</text>`,
    ...grid,
    `<line class="margin" x1="${x(-margin)}" x2="${x(-margin)}" y1="${top}" y2="${floor}"/>`,
    ...rows.map((row, index) => plotRow(row, top + index * rowHeight, { x, reach })),
    `<text class="quiet" x="2%" y="${floor + 34}">points; dashed: a loss of the margin</text>`,
    "</svg>",
  ].join("\n");
}

/** The axis ends at a round number that shows every bound, or at 100 points. */
function reachOf(rows: readonly StudentRow[], margin: number): number {
  const bounds = rows.flatMap(({ figures: { comparison } }) => {
    const { value = 0, low = 0, high = 0 } = comparison?.decision.difference ?? {};
    return [value, low, high].filter(Number.isFinite).map(Math.abs);
  });
  const widest = Math.max(margin, ...bounds);
  return [0.2, 0.4, 0.6, 0.8].find((reach) => widest <= reach) ?? 1;
}

function plotRow(
  { skill, student, figures, difference }: StudentRow,
  y: number,
  { x, reach }: { x: (share: number) => string; reach: number },
): string {
  const { value = Number.NaN, low = 0, high = 0 } = figures.comparison?.decision.difference ?? {};
  const kind = figures.verdict.replace(" ", "-");
  const middle = y + 48;
  const bar = Number.isFinite(value)
    ? [
        `<line class="bar" x1="${x(low)}" x2="${x(high)}" y1="${middle}" y2="${middle}"/>`,
        low >= -reach ? cap(x(low), middle) : arrow(x(-reach), middle, "◂", "start"),
        high <= reach ? cap(x(high), middle) : arrow(x(reach), middle, "▸", "end"),
        `<circle class="dot" cx="${x(value)}" cy="${middle}" r="5.5"/>`,
      ].join("")
    : "";
  const short = shortName(skill, 34);
  const shortDifference = Number.isFinite(value) ? differenceWords({ value, low, high }) : "no result";
  return [
    `<g class="${kind}"><title>${escapeHtml(`${skill} for ${student}: ${figures.verdict}, ${difference}`)}</title>`,
    `<text x="2%" y="${y + 17}"><tspan class="name">${escapeHtml(short)}</tspan></text>`,
    `<text class="quiet" x="2%" y="${y + 34}">${escapeHtml(shortName(student, 24))}</text>`,
    `<text class="word name" x="98%" y="${y + 17}" text-anchor="end">${figures.verdict}</text>`,
    `<text class="quiet" x="98%" y="${y + 34}" text-anchor="end">${escapeHtml(shortDifference)}</text>${bar}</g>`,
  ].join("");
}

function cap(x: string, y: number): string {
  return `<line class="bar" x1="${x}" x2="${x}" y1="${y - 4}" y2="${y + 4}"/>`;
}

function arrow(x: string, y: number, sign: string, anchor: "start" | "end"): string {
  return `<text class="word" x="${x}" y="${y + 5}" text-anchor="${anchor}">${sign}</text>`;
}

function shortName(text: string, length: number): string {
  const characters = Array.from(text);
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join("")}…`;
}
