import { expect, it } from "vitest";
import { madePlan, trialsFrom } from "../../test/made-evaluation.ts";
import { evaluationFigures } from "../evaluate/figures.ts";
import { gateAnswer, type GateFindings } from "./gate-answer.ts";
import { gatePage } from "./gate-page.ts";
import { mergeAnswer } from "./merge-answer.ts";

const nothing: GateFindings = {
  changed: 1,
  problems: [],
  errors: [],
  unproven: [],
  figures: null,
  verdict: null,
};

/** The line that a reviewer reads first. */
function answerOf(findings: GateFindings, advisory = false): string {
  const answer = gateAnswer(findings, { policy: "worse", advisory });
  const page = gatePage({ answer, findings, skills: [], ab: [], remarks: [], runUrl: undefined });
  return page.split("\n")[2] ?? "";
}

function measured(outcomes: Parameters<typeof trialsFrom>[1]): GateFindings {
  const plan = madePlan({ cases: 10, repeats: 2, arms: ["base", "head"] });
  const figures = evaluationFigures(plan, trialsFrom(plan, outcomes));
  return { ...nothing, figures, verdict: mergeAnswer(figures) };
}

it("signs green only what was shown, and warns of what merely may merge", () => {
  expect(answerOf(measured({ base: "00", head: "11" }))).toMatch(/^✅ \*\*Yes, this may merge: /);
  expect(answerOf(measured({ base: "11", head: "00" }))).toMatch(/^❌ \*\*No, this may not merge: /);
  expect(answerOf(measured({ base: "01", head: "10" }))).toMatch(/^⚠️ \*\*Yes, .* nothing is proven: /);
  const silent = { ...nothing, unproven: ["a has no case"] };
  expect(answerOf(silent)).toMatch(/^⚠️ \*\*Yes, .* nothing is proven: a has no case/);
  expect(answerOf({ ...nothing, changed: 0 })).toBe("✅ **Yes, this may merge: no skill is changed.**");
  expect(answerOf(measured({ base: "11", head: "00" }), true)).toMatch(/^⚠️ \*\*No, /);
});
