/** Microseconds as people read them. */
export function us(time: number): string {
  return `${time >= 100 ? time.toFixed(1) : time >= 0.1 ? time.toFixed(2) : time.toPrecision(3)} us`;
}

/** A share as percent with one decimal. */
export function percent(share = 0): string {
  return `${(share * 100).toFixed(1)} %`;
}

/** The smallest and the largest of some shares. */
export function percentRange(shares: readonly number[]): string {
  let low = Infinity;
  let high = -Infinity;
  for (const share of shares) {
    low = Math.min(low, share);
    high = Math.max(high, share);
  }
  return percent(low) === percent(high) ? percent(low) : `${percent(low)} to ${percent(high)}`;
}

/** "once", "3 times". */
export function times(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}
