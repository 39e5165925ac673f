import { expect, it } from "vitest";
import { madePlan, trialsFrom } from "../../test/made-evaluation.ts";
import { hostileEvaluation, hostileTexts } from "../../test/hostile-evaluation.ts";
import { evaluationFigures, type EvaluationFigures } from "../evaluate/figures.ts";
import { gateAnswer, type GateFindings } from "../report/gate-answer.ts";
import type { GatePage } from "../report/gate-page.ts";
import { mergeAnswer } from "../report/merge-answer.ts";
import { gateText } from "./gate-text.ts";

const view = { columns: 80, colour: false };
const unwritten = { check: null, comment: null };

function pageOf(
  figures: EvaluationFigures | null,
  more: Partial<GateFindings> = {},
  advisory = false,
): GatePage {
  const verdict = figures === null ? null : mergeAnswer(figures);
  const findings = { changed: 1, problems: [], errors: [], unproven: [], figures, verdict, ...more };
  return {
    answer: gateAnswer(findings, { policy: "worse", advisory }),
    findings,
    skills: [{ name: "wide-rows", path: "skills/wide-rows/SKILL.md", change: "changed" }],
    ab: ["| Markdown | table |"],
    remarks: ["The checks of 40 results were carried out again on their replies."],
    runUrl: undefined,
  };
}

it("says whether a change may merge, the A/B and what was written, as text for people", () => {
  const plan = madePlan({ arms: ["none", "head"], cases: 10 });
  const page = pageOf(evaluationFigures(plan, trialsFrom(plan, { none: "00", head: "11" })));
  const text = gateText(page, { check: null, comment: { id: 1, url: "u", operation: "updated" } }, view);
  expect(text).toMatch(/^Yes, this may merge: wide-rows makes openai:small better/);
  expect(text.match(/this may merge/g)).toHaveLength(1);
  expect(text).toMatch(/^ {2}head − none .*│.*● .*points \(/m);
  expect(text).toContain("\nChanged skills\n  - changed: skills/wide-rows/SKILL.md\n");
  expect(text).toMatch(/Comment: updated\n$/);
  expect(text).not.toMatch(/[|`*]|^#|<details>/m);
  expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
});

it("lists what stands in the way, and does not call advice a block", () => {
  const problems = Array.from({ length: 30 }, (_, index) => `the result ${index + 1} does not fit its reply`);
  const text = gateText(pageOf(null, { problems, unproven: ["tall-rows has no case"] }), unwritten, view);
  expect(text).toMatch(/^No, this may not merge: the result 1 does not fit its reply; and 29 more\./);
  expect(text).toContain("In the way\n  - the result 1 does not fit its reply\n");
  expect(text).toContain("  - and 10 more\n");
  expect(text).toContain("Not measured\n  - tall-rows has no case\n");
  expect(text).toMatch(/Nothing was written to GitHub\.\n$/);
  const advised = gateText(pageOf(null, { problems }, true), unwritten, view);
  expect(advised).toContain("The gate only advises here");
});

it("paints only where colour is wanted, and writes commands to the terminal out", () => {
  for (const hostile of [...hostileTexts, "\u001b[31mred"]) {
    const { plan, trials } = hostileEvaluation(hostile);
    const page = pageOf(evaluationFigures(plan, trials), { problems: [hostile], unproven: [hostile] });
    const text = gateText(page, unwritten, view);
    for (const hidden of ["\u0000", "\u001b", "\u202e"]) expect(text).not.toContain(hidden);
    expect(gateText(page, unwritten, { ...view, colour: true })).toContain("\u001b[");
  }
});
