/** Microseconds as summaries say them: two decimals, more where two would show nothing. */
export function timeWords(us: number): string {
  return `${us >= 0.1 ? us.toFixed(2) : us.toPrecision(3)} us`;
}
