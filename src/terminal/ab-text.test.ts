import { expect, test } from "vitest";
import { hostileEvaluation, hostileTexts } from "../../test/hostile-evaluation.ts";
import { madePlan, madeTrials, trialsFrom } from "../../test/made-evaluation.ts";
import { evaluationFigures } from "../evaluate/figures.ts";
import { abText } from "./ab-text.ts";
import { intervalPlot } from "./interval-plot.ts";

test("the terminal shows the answer, why, each arm's interval and the change with its own", () => {
  const plan = madePlan({ arms: ["none", "head"], cases: 10 });
  const figures = evaluationFigures(plan, trialsFrom(plan, { none: "00", head: "11" }));
  const text = abText(figures, { columns: 80, colour: false });
  expect(text).toMatch(/^Yes, this may merge: wide-rows makes openai:small better/);
  const lines = text.split("\n");
  const at = lines.indexOf("wide-rows for openai:small");
  expect(lines.slice(at + 1, at + 3)).toEqual([
    "Better: the gain is no chance (p 0.0020) and at least 5 points. 10 cases × 2",
    "repeats.",
  ]);
  expect(lines.find((line) => line.startsWith("  head "))).toMatch(/·├─+● {2}100\.0 % \(72\.2 to 100\.0\)$/);
  expect(lines.find((line) => line.startsWith("  head − none"))).toMatch(
    /│.*├─+● {2}\+100\.0 points \(\+\d+\.\d to \+100\.0\)$/,
  );
});

test("several skills have a line each before all that is known of them, and losses come before the rest", () => {
  const plan = madePlan({ skills: ["wide-rows", "tall-columns"], arms: ["none", "head"], cases: 10 });
  const trials = madeTrials(plan, ({ skill, arm, case: { id } }) => ({
    outcome: skill === "wide-rows" || (arm === "none") === (id === "case-3") ? "passed" : "failed",
  }));
  const text = abText(evaluationFigures(plan, trials), { columns: 80, colour: false });
  const lines = text.split("\n");
  expect(lines).toContain("cannot tell     0.0 points  wide-rows for openai:small");
  expect(lines).toContain("better        +80.0 points  tall-columns for openai:small");
  expect(text.indexOf("Loses case-3: none 2 of 2, head 0 of 2.")).toBeLessThan(
    text.lastIndexOf("Tokens a run"),
  );
});

test.each([60, 80, 100])("no line is wider than %i columns, whatever names there are", (columns) => {
  for (const hostile of [...hostileTexts, "界".repeat(80), "x".repeat(300)]) {
    const { plan, trials } = hostileEvaluation(hostile);
    const text = abText(evaluationFigures(plan, trials), { columns, colour: false });
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
