import { z } from "zod";
import type { Usage } from "./model.ts";

const dollars = z.number().nonnegative().finite();

/**
 * US dollars for a million tokens. Cached input costs as much as other input where no price is given for it, and a batch
 * half of a plain call (`batchShare`).
 */
const priceSchema = z.strictObject({
  inputPerMillion: dollars,
  outputPerMillion: dollars,
  cachedInputPerMillion: dollars.optional(),
  batchInputPerMillion: dollars.optional(),
  batchOutputPerMillion: dollars.optional(),
});

/** What OpenAI and Anthropic both say their batches cost, as a share of their plain calls, cached input included. */
const batchShare = 0.5;

/**
 * Prices by model name, by whole model spec (for servers with a base URL), or by the beginning of either followed by
 * `*`; as of `date`. Prices change, so the configuration gives them and the program knows none.
 */
export const priceTableSchema = z.strictObject({
  date: z.iso.date(),
  models: z.record(z.string().min(1), priceSchema),
});

export type Price = z.infer<typeof priceSchema>;
export type PriceTable = z.infer<typeof priceTableSchema>;

/** An exact entry wins over a beginning, a longer beginning over a shorter one, a spec over a model name. */
export function priceOf(table: PriceTable | undefined, spec: string, model: string): Price | undefined {
  const entries = Object.entries(table?.models ?? {});
  for (const name of [spec, model]) {
    const exact = entries.find(([key]) => key === name);
    if (exact !== undefined) {
      return exact[1];
    }
    const [longest] = entries
      .filter(([key]) => key.endsWith("*") && name.startsWith(key.slice(0, -1)))
      .sort(([a], [b]) => b.length - a.length);
    if (longest !== undefined) {
      return longest[1];
    }
  }
  return undefined;
}

/** The price of the calls in a batch. */
export function batchPrice(price: Price): Price {
  const { inputPerMillion, outputPerMillion, cachedInputPerMillion: cached } = price;
  const input = price.batchInputPerMillion ?? inputPerMillion * batchShare;
  const share = inputPerMillion === 0 ? 1 : input / inputPerMillion;
  return {
    inputPerMillion: input,
    outputPerMillion: price.batchOutputPerMillion ?? outputPerMillion * batchShare,
    ...(cached === undefined ? {} : { cachedInputPerMillion: cached * share }),
  };
}

/** US dollars; null where price or usage are not known, never zero instead. */
export function costOf(price: Price | undefined, usage: Usage): number | null {
  const { inputTokens, outputTokens } = usage;
  if (price === undefined || inputTokens === null || outputTokens === null) {
    return null;
  }
  const cached = Math.min(usage.cachedInputTokens ?? 0, inputTokens);
  const cachedPrice = price.cachedInputPerMillion ?? price.inputPerMillion;
  return (
    ((inputTokens - cached) * price.inputPerMillion +
      cached * cachedPrice +
      outputTokens * price.outputPerMillion) /
    1_000_000
  );
}
