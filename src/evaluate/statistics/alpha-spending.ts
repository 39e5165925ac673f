import { normalCdf, normalQuantile } from "./normal.ts";

/**
 * The two-sided level to test at on look `look` of `looks` (from 1), so that all of them together are wrong in at most
 * `alpha`: what the O'Brien-Fleming-like function of Lan and DeMets (1983), 2 - 2 * Phi(z / sqrt(t)), spends between
 * this look and the one before. Adding up what each look spends is conservative (Bonferroni), so no joint
 * distribution is needed.
 */
export function alphaOfLook(look: number, looks: number, alpha = 0.05): number {
  if (looks <= 1) return alpha;
  const spent = (n: number): number =>
    n <= 0 ? 0 : 2 - 2 * normalCdf(normalQuantile(1 - alpha / 2) / Math.sqrt(Math.min(1, n / looks)));
  return spent(look) - spent(look - 1);
}
