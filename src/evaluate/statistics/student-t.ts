import { incompleteBeta } from "./beta.ts";

/** P(T <= t) of Student's distribution with `df` > 0 degrees of freedom. */
export function tCdf(t: number, df: number): number {
  if (t === 0) return 0.5;
  const tail = 0.5 * incompleteBeta(df / (df + t * t), df / 2, 0.5);
  return t > 0 ? 1 - tail : tail;
}

/** The t with P(T <= t) = p, for 0 < p < 1, by bisection; infinite at 0 and 1, and without degrees of freedom. */
export function tQuantile(p: number, df: number): number {
  if (!(p >= 0 && p <= 1)) return Number.NaN;
  if (p === 0.5) return 0;
  if (p < 0.5) return -tQuantile(1 - p, df);
  if (p === 1 || !(df > 0)) return Infinity;
  let low = 0;
  let high = 1;
  while (tCdf(high, df) < p && high < 1e300) high *= 2;
  for (let round = 0; round < 300; round += 1) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (tCdf(middle, df) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
