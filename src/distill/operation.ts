import { z } from "zod";
import { claimWordsSchema } from "./claim.ts";

const evidenceIds = z.array(z.string()).min(1);

/** Without defaults: words that an edit does not name stay as they are. */
const { part: _, ...words } = claimWordsSchema.shape;
const changedWords = z
  .object({ ...words, when: words.when.unwrap(), why: words.why.unwrap(), check: words.check.unwrap() })
  .partial();

/** What a distiller may do to a skill. It never writes the file: code applies these, one by one. */
export const operationSchema = z.discriminatedUnion("op", [
  claimWordsSchema.extend({ op: z.literal("add"), evidence: evidenceIds }),
  changedWords.extend({ op: z.literal("edit"), id: z.string(), evidence: evidenceIds }),
  z.object({ op: z.literal("agree"), id: z.string(), evidence: evidenceIds }),
  claimWordsSchema.extend({ op: z.literal("merge"), ids: z.array(z.string()).min(2), evidence: evidenceIds }),
  z.object({ op: z.literal("deprecate"), id: z.string(), reason: z.string().min(1), evidence: evidenceIds }),
]);
export type Operation = z.infer<typeof operationSchema>;

export interface Refusal {
  operation: Operation;
  /** A clause that follows "because". */
  reason: string;
}
