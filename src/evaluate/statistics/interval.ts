/** An estimate with its bounds. */
export interface Interval {
  value: number;
  low: number;
  high: number;
}
