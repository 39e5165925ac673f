import { logGamma } from "./beta.ts";

export interface McNemar {
  /** Exact two-sided p-value; 1 without any discordant pair. */
  p: number;
  /** The mid-p variant (Fagerland, Lydersen and Laake 2013), less conservative; never used for a verdict. */
  midP: number;
}

/**
 * The exact test of McNemar (1947) on pairs that one run each decided: `gained` pairs passed only with the skill, `lost`
 * only without it.
 */
export function mcnemar(gained: number, lost: number): McNemar {
  const n = gained + lost;
  if (n === 0) return { p: 1, midP: 1 };
  const few = Math.min(gained, lost);
  let tail = 0;
  for (let i = 0; i <= few; i += 1) tail += fairCoins(i, n);
  const p = Math.min(1, 2 * tail);
  const midP = gained === lost ? 1 - fairCoins(few, n) / 2 : p - fairCoins(few, n);
  return { p, midP: Math.min(1, midP) };
}

/** P(i heads in n throws of a fair coin). */
function fairCoins(i: number, n: number): number {
  return Math.exp(logGamma(n + 1) - logGamma(i + 1) - logGamma(n - i + 1) - n * Math.LN2);
}
