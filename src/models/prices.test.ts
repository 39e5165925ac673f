import { expect, it } from "vitest";
import { batchPrice, costOf } from "./prices.ts";

it("takes half for a batch, cached input included, where the table says nothing else", () => {
  const price = { inputPerMillion: 4, outputPerMillion: 10, cachedInputPerMillion: 1 };
  expect(batchPrice(price)).toEqual({ inputPerMillion: 2, outputPerMillion: 5, cachedInputPerMillion: 0.5 });
  const own = batchPrice({ ...price, batchInputPerMillion: 3, batchOutputPerMillion: 9 });
  expect(own).toEqual({ inputPerMillion: 3, outputPerMillion: 9, cachedInputPerMillion: 0.75 });
  const usage = { inputTokens: 2_000_000, outputTokens: 1_000_000, cachedInputTokens: 1_000_000 };
  expect(costOf(own, usage)).toBeCloseTo(3 + 0.75 + 9, 10);
  expect(batchPrice({ inputPerMillion: 0, outputPerMillion: 0 })).toEqual({
    inputPerMillion: 0,
    outputPerMillion: 0,
  });
});
