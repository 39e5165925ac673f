import { expect, it } from "vitest";
import { gateAnswer, type GateFindings } from "./gate-answer.ts";

const nothing: GateFindings = {
  changed: 1,
  problems: [],
  errors: [],
  unproven: [],
  figures: null,
  verdict: null,
};
const strict = { policy: "not-better", advisory: false } as const;
const usual = { policy: "worse", advisory: false } as const;

it("passes a change without skills whatever the policy", () => {
  for (const policy of [usual, strict]) {
    expect(gateAnswer({ ...nothing, changed: 0 }, policy)).toMatchObject({
      mayMerge: true,
      conclusion: "success",
    });
  }
});

it("blocks on a problem even where no skill is changed: a job that failed may hide one", () => {
  const answer = gateAnswer({ ...nothing, changed: 0, problems: ["the job plan failed"] }, usual);
  expect(answer).toMatchObject({
    conclusion: "failure",
    sentence: "No, this may not merge: the job plan failed.",
  });
});

it("asks for proof only where the policy does", () => {
  const silent = { ...nothing, unproven: ["a has no case that can be measured", "b has no case"] };
  expect(gateAnswer(silent, usual).sentence).toBe(
    "Yes, this may merge, but nothing is proven: a has no case that can be measured; and 1 more.",
  );
  expect(gateAnswer(silent, strict)).toMatchObject({ mayMerge: false, conclusion: "failure" });
});

it("advises with a neutral conclusion, says so in the title, and keeps the title short", () => {
  const answer = gateAnswer({ ...nothing, problems: ["x".repeat(400)] }, { ...usual, advisory: true });
  expect(answer.conclusion).toBe("neutral");
  expect(answer.title).toMatch(/^Advisory: No/);
  expect(answer.title.length).toBeLessThanOrEqual(200);
});
