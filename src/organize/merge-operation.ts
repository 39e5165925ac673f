import { z } from "zod";
import { claimWordsSchema } from "../distill/claim.ts";

/** A claim in a merge: the number of its source, counted from 1, and its id there, such as `2/c-1a2b3c4d`. */
export const claimReference = z.string().max(100);

/**
 * What may be done to the claims of several sources. What no operation names is kept as it stands. A claim that others
 * were merged into goes on under the reference of the first of them.
 */
export const mergeOperationSchema = z.discriminatedUnion("op", [
  /** Several claims say the same. Without `words` those of the first stand. */
  z.object({
    op: z.literal("merge"),
    claims: z.array(claimReference).min(2).max(1000),
    words: claimWordsSchema.optional(),
  }),
  /** One claim is said more generally. */
  z.object({ op: z.literal("generalise"), claim: claimReference, words: claimWordsSchema }),
  /** Claims that cannot both be followed stand side by side, each with where it was learned. */
  z.object({
    op: z.literal("conflict"),
    claims: z.array(claimReference).min(2).max(20),
    reason: z.string().max(1000),
  }),
  z.object({ op: z.literal("drop"), claim: claimReference, reason: z.string().max(1000) }),
]);
export type MergeOperation = z.infer<typeof mergeOperationSchema>;
