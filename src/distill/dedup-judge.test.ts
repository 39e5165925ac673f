import { expect, it } from "vitest";
import { chatCompletion, startModelServer } from "../../test/model-server.ts";
import { createBudget } from "../models/budget.ts";
import type { Model } from "../models/model.ts";
import { openModel } from "../models/open-model.ts";
import { silentReporter } from "../reporter.ts";
import { judgeMiddleBand } from "./dedup-judge.ts";

async function served(url: string): Promise<Model> {
  const model = await openModel(`openai:judge@${url}/v1`, {
    keys: {},
    budget: createBudget({}, undefined),
    now: () => 0,
    sleep: () => Promise.resolve(),
    random: () => 0,
    reporter: silentReporter,
  });
  if (model === undefined) throw new Error("no model");
  return model;
}

const says = (...verdicts: [pair: number, verdict: string][]) =>
  chatCompletion(JSON.stringify({ verdicts: verdicts.map(([pair, verdict]) => ({ pair, verdict })) }));

it("asks about pairs in groups and gives each its verdict, or none", async () => {
  await using server = await startModelServer(
    says([1, "duplicate"], [20, "unrelated"], [99, "duplicate"]),
    says([2, "contradicts"]),
  );
  const pairs = Array.from({ length: 23 }, (_, index) => ({
    left: `new claim ${index}`,
    right: `old claim ${index}`,
  }));
  const verdicts = await judgeMiddleBand(await served(server.url), pairs, { maxPairs: 22 });
  expect(verdicts).toHaveLength(23);
  expect(Object.entries(verdicts).filter(([, verdict]) => verdict !== undefined)).toEqual([
    ["0", "duplicate"],
    ["19", "unrelated"],
    ["21", "contradicts"],
  ]);
  const asked = server.requests.map(({ body }) => JSON.stringify(body));
  expect(asked).toHaveLength(2);
  expect(asked[1]).toContain("new claim 21");
  expect(asked.join("")).not.toContain("new claim 22");
  expect(asked[0]).toContain("BEGIN DATA");
});

it("asks nothing about no pairs", async () => {
  await using server = await startModelServer(says());
  expect(await judgeMiddleBand(await served(server.url), [])).toEqual([]);
  expect(server.requests).toEqual([]);
});
