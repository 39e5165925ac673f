/** The largest value, -Infinity of none. `Math.max(...values)` fails on the number of arguments for long lists. */
export function largest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), -Infinity);
}
