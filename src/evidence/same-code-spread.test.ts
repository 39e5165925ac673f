import { expect, test } from "vitest";
import type { SearchLog } from "./search-log.ts";
import { sameCodeSpread } from "./same-code-spread.ts";

/** A log of versions that are told apart by the first letter of their id. */
function spreadOf(times: Record<string, number | null>): ReturnType<typeof sameCodeSpread> {
  const records = Object.entries(times).map(([task_id, gen_time_us]) => ({
    task_id,
    gen_time_us,
    in_verification: true,
  }));
  const versions = {
    codeOf: (task: string) => task[0],
    languageOf: () => "python" as const,
    parentOf: () => undefined,
  };
  return sameCodeSpread({ records } as unknown as SearchLog, versions);
}

test("a log without repeated code says nothing about its noise", () => {
  expect(spreadOf({ a1: 10, b1: 20, c1: null })).toBeUndefined();
});

test("few repeats give the widest distance within equal code", () => {
  expect(spreadOf({ a1: 100, a2: 110, b1: 50, b2: 51, c1: 7 })).toEqual({
    versions: 4,
    spread: 110 / 100 - 1,
  });
});

test("many repeats give the 95th percentile of the distances from the median", () => {
  const times = Object.fromEntries(
    Array.from({ length: 100 }, (_, index) => [`a${index}`, index === 99 ? 900 : 100 + (index % 3)]),
  );
  const found = spreadOf(times);
  expect(found?.versions).toBe(100);
  expect(found?.spread).toBeCloseTo(0.01, 5);
});
