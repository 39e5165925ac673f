import fc from "fast-check";
import { expect, it } from "vitest";
import { madePlan } from "../../test/made-evaluation.ts";
import { plannedTrials } from "./plan.ts";
import { dealOut, defaultShards, parseShard, shardMatrix, shardWriter } from "./shards.ts";
import type { TrialEstimate } from "./trial-estimate.ts";

const plan = madePlan({ cases: 40, repeats: 2, skills: ["one", "two"] });
const trials = plannedTrials(plan);
const flat = (): TrialEstimate => ({ tokens: 100, usd: 0.01 });

it("holds every trial once in any number of shards, and all of a case in one", () => {
  const costs = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 80, maxLength: 80 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 256 }), costs, fc.boolean(), (count, some, isPriced) => {
      const digests = [...new Set(trials.map(({ identity }) => identity.case_sha256))];
      const estimate = ({ identity }: (typeof trials)[number]): TrialEstimate => {
        const cost = some[digests.indexOf(identity.case_sha256)] ?? 1;
        return { tokens: cost, usd: isPriced ? cost / 1e4 : null };
      };
      const shards = dealOut(trials, count, estimate);
      expect(shards).toHaveLength(count);
      const keys = shards.flat().map(({ key }) => key);
      expect(new Set(keys).size).toBe(keys.length);
      expect(new Set(keys)).toEqual(new Set(trials.map(({ key }) => key)));
      const places = shards.flatMap((shard, index) =>
        [...new Set(shard.map(({ identity }) => identity.case_sha256))].map(() => index),
      );
      expect(places).toHaveLength(digests.length);
      // Greedy dealing: no shard is heavier than the lightest by more than one case.
      const loads = shards.map((shard) => shard.reduce((sum, trial) => sum + estimate(trial).tokens, 0));
      const largest = Math.max(...digests.map((_, index) => 6 * (some[index] ?? 1)));
      expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(largest);
    }),
    { numRuns: 40 },
  );
});

it("does not depend on the order of the trials", () => {
  const sorted = dealOut(trials, 7, flat).map((shard) => shard.map(({ key }) => key).sort());
  const turned = dealOut([...trials].reverse(), 7, flat).map((shard) => shard.map(({ key }) => key).sort());
  expect(turned).toEqual(sorted);
});

it("prints a job for each shard that has something to do, and at least one", () => {
  const options = { count: 4, labels: ["ubuntu-latest"], estimate: flat };
  const matrix = shardMatrix(trials, { ...options, results: new Map() });
  expect(matrix.include.map(({ shard }) => shard)).toEqual(["1/4", "2/4", "3/4", "4/4"]);
  expect(matrix.include[0]).toEqual({
    shard: "1/4",
    labels: ["ubuntu-latest"],
    calls: 120,
    cost_usd: expect.closeTo(1.2, 9) as number,
  });
  const all = { get: () => ({ outcome: "passed" }) as never };
  expect(shardMatrix(trials, { ...options, results: all }).include).toMatchObject([
    { shard: "1/4", calls: 0 },
  ]);
  expect(defaultShards(trials)).toBe(1);
});

it("reads i/n and names a writer after it", () => {
  expect(shardWriter(parseShard("2/7"))).toBe("shard-2-of-7");
  for (const text of ["0/7", "8/7", "1/257", "1", "a/b", "1/7/2", "-1/7"]) {
    expect(() => parseShard(text)).toThrow(expect.objectContaining({ exitCode: 2 }) as Error);
  }
});
