import type { ReviewResult } from "../commands/review-library.ts";
import { oneLine } from "./one-line.ts";

/** The skills that need a new evaluation or could be retired, and why. */
export function reviewText({ review, fine }: ReviewResult): string {
  const lines = review.flatMap(({ name, reasons, proposal }) => [
    `${name}: ${proposal}`,
    ...reasons.map(({ detail }) => `  ${detail}`),
  ]);
  const all = `${fine} ${fine === 1 ? "skill needs" : "skills need"} nothing, ${review.length} should be looked at`;
  const next = review.some(({ proposal }) => proposal === "retire")
    ? ["", "Next:", "  overproof retire NAME --reason TEXT"]
    : [];
  return `${[...lines, ...(lines.length > 0 ? [""] : []), all, ...next].map(oneLine).join("\n")}\n`;
}
