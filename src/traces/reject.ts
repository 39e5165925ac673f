/** Something in a trace that was not used, and why. Files are relative to the trace; lines start at 1. */
export interface Reject {
  file: string;
  line: number;
  reason: string;
}
