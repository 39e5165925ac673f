/** A limit of one run, and how much it allows. */
export interface SpendingLimit {
  of: "calls" | "dollars" | "tokens";
  most: number;
}

/** What one run may spend; undefined is no limit. */
export interface SpendingLimits {
  maxCalls: number | undefined;
  maxUsd: number | undefined;
  maxTokens: number | undefined;
}

/** `6 calls`, `$2` or `1000 tokens`. */
export function limitWords({ of, most }: SpendingLimit): string {
  // The share of a shard has more digits than anybody needs.
  if (of === "dollars") return `$${Number(most.toPrecision(4))}`;
  return `${most} ${most === 1 ? of.slice(0, -1) : of}`;
}

/** What to raise where a limit ended a run too early, as a sentence. */
export function raiseWords({ of, most }: SpendingLimit): string {
  const setting = {
    calls: "--max-calls, or evaluate.max-calls and budget.calls in overproof.yml,",
    dollars: "--budget-usd, or evaluate.budget-usd and budget.usd in overproof.yml,",
    tokens: "budget.tokens in overproof.yml",
  }[of];
  return `Raise ${setting} above ${limitWords({ of, most })}, and run it again: what is done is kept.`;
}

/** What a run may take, told before its first call; undefined where nothing is limited. `earlier` calls are of other runs. */
export function limitsLine(
  { maxCalls, maxUsd, maxTokens }: SpendingLimits,
  earlier: number,
): string | undefined {
  const limits: SpendingLimit[] = [
    ...(maxCalls === undefined ? [] : [{ of: "calls" as const, most: maxCalls }]),
    ...(maxUsd === undefined ? [] : [{ of: "dollars" as const, most: maxUsd }]),
    ...(maxTokens === undefined ? [] : [{ of: "tokens" as const, most: maxTokens }]),
  ];
  if (limits.length === 0) return undefined;
  const before = earlier === 0 ? "" : ` (${earlier} so far)`;
  return `Limits of this run: ${limits.map(limitWords).join(", ")}. Repeated and failed calls count; what earlier runs took does not${before}.`;
}
