import { z } from "zod";
import type { Usage } from "./model.ts";

const dollars = z.number().nonnegative().finite();

/** US dollars for a million tokens. Cached input costs as much as other input where no price is given for it. */
const priceSchema = z.strictObject({
  inputPerMillion: dollars,
  outputPerMillion: dollars,
  cachedInputPerMillion: dollars.optional(),
});

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
