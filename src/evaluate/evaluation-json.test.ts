import { expect, test } from "vitest";
import { madePlan, madeTrials, trialsFrom } from "../../test/made-evaluation.ts";
import { evaluationFigures } from "./figures.ts";
import { evaluationJson } from "./evaluation-json.ts";

test("JSON holds the verdict, rates and bounds that programs read, and null where there is no bound", () => {
  const plan = madePlan({ arms: ["none", "head"], cases: 1, repeats: 2 });
  const json = evaluationJson(evaluationFigures(plan, trialsFrom(plan, { none: "00", head: "11" })));
  expect(JSON.parse(JSON.stringify(json))).toEqual({
    command: "evaluate",
    status: "complete",
    skills: [
      {
        name: "wide-rows",
        students: [
          {
            student: "openai:small",
            verdict: "cannot tell",
            ground: "decided",
            cases: 1,
            repeats: 2,
            arms: {
              none: { rate: 0, low: 0, high: expect.closeTo(0.7935, 4) },
              head: { rate: 1, low: expect.closeTo(0.2065, 4), high: 1 },
            },
            difference: { value: 1, low: null, high: null },
            p: 1,
            adjusted_p: 1,
            needed: expect.toSatisfy((needed: unknown) => needed === null || Number(needed) > 0),
          },
        ],
        recommended: null,
      },
    ],
    missing: 0,
    calls: 4,
    cost_usd: 0.004,
    excluded: 0,
  });
});

test("the status says whether results are missing or the run is void", () => {
  const plan = madePlan({ arms: ["none", "head"] });
  const status = (outcome: "passed" | "excluded" | null): string =>
    evaluationJson(
      evaluationFigures(
        plan,
        madeTrials(plan, ({ identity }) =>
          identity.repeat === 0 ? {} : outcome === null ? null : { outcome },
        ),
      ),
      "report",
    ).status;
  expect([status("passed"), status(null), status("excluded")]).toEqual(["complete", "incomplete", "void"]);
});
