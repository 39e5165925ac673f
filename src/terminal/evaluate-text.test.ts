import { expect, test } from "vitest";
import { hostileEvaluation, hostileTexts } from "../../test/hostile-evaluation.ts";
import { madePlan, trialsFrom } from "../../test/made-evaluation.ts";
import { evaluationFigures } from "../evaluate/figures.ts";
import { evaluateText } from "./evaluate-text.ts";
import { intervalPlot } from "./interval-plot.ts";

test("the terminal shows the answer, each arm's interval and the change", () => {
  const plan = madePlan({ arms: ["none", "head"], cases: 10 });
  const figures = evaluationFigures(plan, trialsFrom(plan, { none: "00", head: "11" }));
  const text = evaluateText(figures, { columns: 80, colour: false });
  expect(text).toMatch(/^Yes, this may merge: wide-rows makes openai:small better/);
  const lines = text.split("\n");
  expect(lines).toContain("wide-rows for openai:small");
  expect(lines).toContain("better: 10 cases × 2 repeats");
  expect(lines.find((line) => line.startsWith("  head"))).toMatch(/·├─+● {2}100\.0 % \(72\.2 to 100\.0\)$/);
  expect(lines.find((line) => line.startsWith("  change"))).toMatch(/│.*├─+● {2}\+100\.0 points$/);
});

test.each([60, 80, 100])("no line is wider than %i columns, whatever names there are", (columns) => {
  for (const hostile of [...hostileTexts, "界".repeat(80), "x".repeat(300)]) {
    const { plan, trials } = hostileEvaluation(hostile);
    const text = evaluateText(evaluationFigures(plan, trials), { columns, colour: false });
    for (const line of text.split("\n")) expect(Array.from(line).length).toBeLessThanOrEqual(columns);
    for (const hidden of ["\u0000", "\u001b", "\u202e"]) expect(text).not.toContain(hidden);
  }
});

test("an interval is drawn to scale, with arrows where it goes on", () => {
  const axis = { from: -1, to: 1, columns: 21, marks: [0] };
  expect(intervalPlot({ value: 0.5, low: 0.2, high: 0.8 }, axis)).toBe("··········│·├──●──┤··");
  expect(intervalPlot({ value: 0, low: -Infinity, high: Infinity }, axis)).toBe("◄─────────●─────────►");
  expect(intervalPlot({ value: Number.NaN, low: 0, high: 1 }, axis)).toBe("··········│··········");
});
