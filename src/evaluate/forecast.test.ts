import { expect, it } from "vitest";
import { madePlan, trialsFrom } from "../../test/made-evaluation.ts";
import { forecastLines, forecastOf } from "./forecast.ts";
import { plannedTrials } from "./plan.ts";

const estimate = (): { tokens: number; usd: number | null } => ({ tokens: 100, usd: 0.001 });

it("counts what is to be paid, now and at most, and the smallest difference that can be found", () => {
  const plan = madePlan({
    arms: ["none", "head"],
    cases: [...Array.from({ length: 20 }, (_, index) => ({ id: `c${index}` })), { id: "old", seen: true }],
    repeats: 6,
    more: { looks: 2 },
  });
  const results = trialsFrom(plan, { none: { c0: "1x" } });
  const forecast = forecastOf(plan, plannedTrials(plan), { results, estimate });
  expect(forecast).toMatchObject({
    skills: [{ name: "wide-rows", cases: 20, seen: 1, arms: 2 }],
    repeats: 3,
    maxRepeats: 6,
    trials: 126,
    known: 1,
    calls: 125,
    mostCalls: 251,
  });
  expect(forecast.usd).toBeCloseTo(0.125, 9);
  // (t.975 + t.8 at 19 degrees: 2.0930 + 0.8610) * sqrt((0.04 + 2 / 6 / 6) / 20), by a table of t.
  expect(forecast.skills[0]?.detectable).toBeCloseTo(0.2042, 3);
  expect(forecastLines(forecast, 1)).toEqual([
    "wide-rows: cases 20 × repeats 3 to 6 × arms 2 × students 1, 1 more were seen and only shown; finds a difference of 20 points 4 times out of 5.",
    "126 trials, 1 of them known: 125 calls to make, about $0.1250; at most 251 calls, about $0.2510.",
  ]);
});

it("knows no dollars without a price and no difference of one case", () => {
  const plan = madePlan({ arms: ["none", "head"], cases: 1, repeats: 1 });
  const forecast = forecastOf(plan, plannedTrials(plan), {
    results: new Map(),
    estimate: () => ({ tokens: 1, usd: null }),
  });
  expect(forecast).toMatchObject({ usd: null, skills: [{ detectable: null }] });
  expect(forecastLines(forecast, 1).join(" ")).toContain("price not known");
});

it("tells apart a price that is not known, a price of zero, and no call", () => {
  const plan = madePlan({ arms: ["none", "head"], cases: 1, repeats: 1 });
  const forecastAt = (usd: number | null, known: boolean) =>
    forecastOf(plan, plannedTrials(plan), {
      results: known ? trialsFrom(plan, { none: "1", head: "1" }) : new Map(),
      estimate: () => ({ tokens: 1, usd }),
    });
  expect(forecastAt(null, true).usd).toBeNull();
  expect(forecastLines(forecastAt(null, true), 1).at(-1)).toBe("2 trials, 2 of them known: 0 calls to make.");
  expect(forecastAt(0, false).usd).toBe(0);
  expect(forecastLines(forecastAt(0, false), 1).at(-1)).toBe(
    "2 trials, 0 of them known: 2 calls to make, for $0.",
  );
  expect(forecastLines(forecastAt(null, false), 1).at(-1)).toBe(
    "2 trials, 0 of them known: 2 calls to make (price not known).",
  );
});
