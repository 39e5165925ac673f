import type { PriceTable } from "../models/prices.ts";
import type { Config } from "./config.ts";

/** The price table of the configuration as models read it; undefined where there is none. */
export function priceTable({ prices }: Pick<Config, "prices">): PriceTable | undefined {
  if (prices === undefined) return undefined;
  const models = Object.entries(prices.models).map(
    ([name, price]): [string, PriceTable["models"][string]] => {
      const cached = price["cached-input-per-million"];
      const batchInput = price["batch-input-per-million"];
      const batchOutput = price["batch-output-per-million"];
      return [
        name,
        {
          inputPerMillion: price["input-per-million"],
          outputPerMillion: price["output-per-million"],
          ...(cached === undefined ? {} : { cachedInputPerMillion: cached }),
          ...(batchInput === undefined ? {} : { batchInputPerMillion: batchInput }),
          ...(batchOutput === undefined ? {} : { batchOutputPerMillion: batchOutput }),
        },
      ];
    },
  );
  return { date: prices.date, models: Object.fromEntries(models) };
}
