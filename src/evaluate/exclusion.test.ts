import { expect, test } from "vitest";
import "../../test/property-seed.ts";
import { madePlan, madeTrials } from "../../test/made-evaluation.ts";
import { mergeAnswer } from "../report/merge-answer.ts";
import { isVoidFor } from "./evaluation-json.ts";
import { exclusionOf, leastEvenP } from "./exclusion.ts";
import { evaluationFigures, type EvaluationFigures, type StudentFigures } from "./figures.ts";
import { seededRandom } from "./statistics/random.ts";
import type { Arm, Trial } from "./trial.ts";

const cases = Array.from({ length: 30 }, (_, index) => ({ id: `${index}`, mustPass: index < 9 }));
const plan = madePlan({ arms: ["none", "base", "head"], cases, repeats: 5 });

/** All trials pass, but for those of a class of errors. */
function figuresWhere(
  isOut: (arm: Arm, index: number, repeat: number) => boolean,
  errorClass: string,
): EvaluationFigures {
  return evaluationFigures(
    plan,
    madeTrials(plan, ({ arm, case: { id }, identity: { repeat } }) =>
      isOut(arm, Number(id), repeat) ? withError(errorClass) : {},
    ),
  );
}

function withError(name: string): Partial<Trial> {
  return { outcome: "excluded", error: { class: name, message: `It failed: ${name}.` }, reply_sha256: null };
}

function only({ skills }: EvaluationFigures): StudentFigures {
  const [student] = skills[0]?.students ?? [];
  if (!student) throw new Error("no student");
  return student;
}

test.each(["http-400", "http-413", "http-422"])(
  "a skill that makes requests too long for the provider fails the cases that it breaks (%s)",
  (name) => {
    const figures = figuresWhere((arm, index) => arm === "head" && index < 9, name);
    const student = only(figures);
    expect(student).toMatchObject({ verdict: "worse", ground: "decided" });
    expect(student.lost).toHaveLength(9);
    expect(student.arms.get("head")?.rate?.value).toBeCloseTo(0.7, 12);
    expect(student.exclusion).toMatchObject({ excluded: 0, refused: 45 });
    expect(figures.totals).toMatchObject({ finished: 450, excluded: 0 });
    const refused = student.cases.find(({ planned }) => planned.id === "0")?.trials.get("head")?.[0];
    expect(refused?.checks).toEqual([
      { check: "The provider takes the request.", passed: false, evidence: `It failed: ${name}.` },
    ]);
    expect(mergeAnswer(figures).mayMerge).toBe(false);
  },
);

test("a request that is refused in every arm is missing, and so is one that only fails without a skill", () => {
  for (const arms of [["none", "base", "head"], ["none"]]) {
    const student = only(figuresWhere((arm, index) => arms.includes(arm) && index === 29, "http-400"));
    expect(student.exclusion).toMatchObject({ excluded: 5 * arms.length, refused: 0 });
    expect(student.verdict).toBe("no worse");
  }
  // A base that the provider does not take is the base's own failure, and a head that it takes is better.
  const mended = only(figuresWhere((arm, index) => arm === "base" && index < 9, "http-400"));
  expect(mended).toMatchObject({ verdict: "better", exclusion: { excluded: 0, refused: 45 } });
});

test("a provider that stops taking anything half way through fails nobody", () => {
  const student = only(figuresWhere((_arm, _index, repeat) => repeat > 2, "http-400"));
  expect(student).toMatchObject({ ground: "too many excluded", exclusion: { refused: 0 } });
});

test("a tenth of all trials that is a third of one arm is too much", () => {
  const figures = figuresWhere((arm, index) => arm === "head" && index < 9, "timeout");
  const student = only(figures);
  expect(student.exclusion.rate).toBe(0.1);
  expect(student).toMatchObject({
    verdict: "cannot tell",
    ground: "too many excluded",
    needed: null,
    exclusion: { worst: { arm: "head", rate: 0.3 } },
  });
  expect(mergeAnswer(figures).sentence).toContain("30.0 % of the trials of head failed");
});

test("what fails in one arm more often than chance allows makes a run void, whatever the rate", () => {
  // Of cases that need not pass: 8 of 150 trials of head, and none of base. p = 2 / 2^8.
  const uneven = figuresWhere((arm, index, repeat) => arm === "head" && index > 25 && repeat < 2, "timeout");
  expect(only(uneven)).toMatchObject({ verdict: "cannot tell", ground: "exclusions differ", needed: null });
  expect(only(uneven).exclusion.unevenP).toBeCloseTo(2 / 2 ** 8, 12);
  expect(mergeAnswer(uneven)).toMatchObject({ mayMerge: false });
  const even = figuresWhere((arm, index, repeat) => arm !== "none" && index > 25 && repeat < 2, "timeout");
  expect(only(even)).toMatchObject({ verdict: "no worse", ground: "decided" });
});

test("a must-pass case that only ever failed for outside reasons is not measured, and blocks", () => {
  const figures = figuresWhere((arm, index) => arm === "head" && index === 0, "timeout");
  const student = only(figures);
  expect(student).toMatchObject({ verdict: "cannot tell", ground: "must-pass case not measured" });
  expect(isVoidFor(student)).toBe(true);
  const { mayMerge, sentence } = mergeAnswer(figures);
  expect(mayMerge).toBe(false);
  expect(sentence).toContain("1 must-pass case (0) has no result in both arms");
  // One repeat that counts in both arms is a measurement.
  const once = figuresWhere((arm, index, repeat) => arm === "head" && index === 0 && repeat > 0, "timeout");
  expect(only(once)).toMatchObject({ verdict: "no worse", ground: "decided" });
});

test("failures that fall on all arms alike make a run void in at most 1 %", () => {
  const draw = seededRandom("outside failures");
  const [passed] = madeTrials(plan, () => ({})).values();
  if (passed === undefined) throw new Error("no trial");
  const runs = (): Trial[] =>
    Array.from({ length: 5 }, () => (draw() < 0.06 ? { ...passed, ...withError("timeout") } : passed));
  const planned = plan.skills[0]?.cases ?? [];
  let uneven = 0;
  for (let round = 0; round < 1000; round += 1) {
    const measured = planned.map((one) => ({
      planned: one,
      arms: new Map<Arm, Trial[]>([
        ["base", runs()],
        ["head", runs()],
      ]),
    }));
    if (exclusionOf(measured, { arms: ["head", "base"], repeats: 5 }).unevenP < leastEvenP) uneven += 1;
  }
  expect(uneven / 1000).toBeLessThanOrEqual(0.01);
});
