import { expect, test } from "vitest";
import { madePlan, trialsFrom } from "../../test/made-evaluation.ts";
import { sha256 } from "../digest.ts";
import { evaluationFigures, type StudentFigures } from "./figures.ts";
import { type KeptNoise, noiseIdentity, noiseKey } from "./kept-noise.ts";
import { measuredCases } from "./measured-case.ts";
import { type Plan, plannedTrials } from "./plan.ts";
import type { Arm } from "./trial.ts";

/** 40 cases that pass in every run: no worse, as far as these runs can tell. */
const plan = madePlan({ arms: ["base", "head"], cases: 40, repeats: 3 });
const lucky = trialsFrom(plan, { base: "111", head: "111" });

function floorOf(arm: Arm, spread: number, repeats = 3, of: Plan = plan): KeptNoise {
  const [measured] = measuredCases(of, plannedTrials(of), new Map());
  const own = measured && noiseIdentity(measured, arm, of);
  if (own === undefined) throw new Error("not measured");
  const identity = { ...own, repeats };
  return {
    format: 1,
    key: noiseKey(identity),
    identity,
    skill: "wide-rows",
    cases: 40,
    flip_rate: 0.5,
    spread,
  };
}

function figuresWith(...noise: KeptNoise[]): StudentFigures {
  const [figures] = evaluationFigures(plan, lucky, { noise }).skills[0]?.students ?? [];
  if (!figures) throw new Error("no figures");
  return figures;
}

test("no worse stands without an A/A run, and with one whose noise is within the margin", () => {
  expect(figuresWith()).toMatchObject({ verdict: "no worse", ground: "decided", knownNoise: null });
  expect(figuresWith(floorOf("head", 0.1))).toMatchObject({
    verdict: "no worse",
    knownNoise: { arms: ["head"], spread: 0.1, refusesMargin: false },
  });
});

test("a margin below the noise refuses no worse, and says how many runs would bring the noise below it", () => {
  // 3 repeats with a spread of 12 points need 3 * 1.2 ** 2 = 4.32 repeats for 10.
  expect(figuresWith(floorOf("head", 0.12))).toMatchObject({
    verdict: "cannot tell",
    ground: "margin below noise",
    needed: 2 * 40 * 2,
  });
  expect(figuresWith(floorOf("head", 0.9)).needed).toBeNull();
});

test("the noise of two arms is the root mean square of their own, at this run's repeats", () => {
  const both = figuresWith(floorOf("base", 0.06), floorOf("head", 0.08)).knownNoise;
  expect(both?.arms).toEqual(["head", "base"]);
  expect(both?.spread).toBeCloseTo(Math.sqrt((0.06 ** 2 + 0.08 ** 2) / 2), 12);
  // Measured with 12 repeats, it is twice as large with 3; the one with the most repeats counts.
  expect(figuresWith(floorOf("head", 0.05, 12), floorOf("head", 0.4, 6)).knownNoise?.spread).toBeCloseTo(
    0.1,
    12,
  );
});

test("the noise of another student, other cases or another text says nothing here", () => {
  const [skill] = plan.skills;
  if (!skill) throw new Error("no skill");
  const others = [
    madePlan({ arms: ["base", "head"], cases: 40, repeats: 3, students: ["openai:large"] }),
    madePlan({ arms: ["base", "head"], cases: 39, repeats: 3 }),
    { ...plan, harness: "0" },
    { ...plan, skills: [{ ...skill, given: { base: sha256("other"), head: sha256("another") } }] },
  ];
  const noise = others.flatMap((other) => [floorOf("head", 0.9, 3, other), floorOf("base", 0.9, 3, other)]);
  expect(figuresWith(...noise)).toMatchObject({ verdict: "no worse", knownNoise: null });
});

test("a gain and a loss are proven against their own spread, and stand whatever the floor", () => {
  for (const [head, verdict] of [
    ["111", "better"],
    ["000", "worse"],
  ] as const) {
    const base = head === "111" ? "000" : "111";
    const [figures] =
      evaluationFigures(plan, trialsFrom(plan, { base, head }), { noise: [floorOf("head", 0.9)] }).skills[0]
        ?.students ?? [];
    expect(figures).toMatchObject({ verdict, ground: "decided", knownNoise: { refusesMargin: true } });
  }
});
