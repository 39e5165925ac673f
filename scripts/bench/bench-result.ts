/** The outcome of one benchmark: what was measured, and one row for each size or variant. */
export interface BenchResult {
  name: string;
  /** What was measured and how, in one or two sentences. */
  method: string;
  rows: Record<string, string | number>[];
}
