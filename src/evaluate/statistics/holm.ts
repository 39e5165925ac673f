/**
 * P-values adjusted for several tests by Holm's method (1979), in the order given: rejecting those at or below alpha
 * keeps the chance of any false rejection at alpha, however the tests depend on each other.
 */
export function holm(pValues: readonly number[]): number[] {
  const order = [...pValues.keys()].sort((a, b) => (pValues[a] ?? 1) - (pValues[b] ?? 1));
  const adjusted: number[] = Array.from({ length: pValues.length }, () => 1);
  let least = 0;
  for (const [rank, index] of order.entries()) {
    const p = Math.min(1, (pValues[index] ?? 1) * (pValues.length - rank));
    least = Math.max(least, p);
    adjusted[index] = least;
  }
  return adjusted;
}
