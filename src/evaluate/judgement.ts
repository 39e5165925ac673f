import { z } from "zod";
import { sha256 } from "../digest.ts";
import { tokensSchema } from "./trial.ts";

const sha = z.string().regex(/^[0-9a-f]{64}$/);
const words = z.string().max(20_000);

/** What every judgement depends on. The judge never learns which arm an answer comes from, so no arm is in it. */
const basis = {
  /** The judge's spec. */
  judge: z.string(),
  /** Of the prompt that it was asked with: a judgement by another one is not reused. */
  prompt: z.string(),
  /** SHA-256 of the case, its assertions included. */
  case_sha256: sha,
};

const assertionBasisSchema = z.strictObject({
  kind: z.literal("assertions"),
  ...basis,
  reply_sha256: sha,
});
const preferenceBasisSchema = z.strictObject({
  kind: z.literal("preference"),
  ...basis,
  /** The two replies in the order in which the judge saw them. */
  first_sha256: sha,
  second_sha256: sha,
});

const judgementBasisSchema = z.discriminatedUnion("kind", [assertionBasisSchema, preferenceBasisSchema]);
/** Two judgements of one basis are the same: the judge is never asked twice. */
export type JudgementBasis = z.infer<typeof judgementBasisSchema>;

export const assertionVerdicts = ["met", "not met", "cannot tell"] as const;

/** What the judge says about one assertion, as it said it. */
export const findingSchema = z.strictObject({
  verdict: z.enum(assertionVerdicts),
  quote: words.nullable(),
  reason: words,
});
export type Finding = z.infer<typeof findingSchema>;

export const preferences = ["first", "second", "tie"] as const;
export type Preference = (typeof preferences)[number];

/** What a judgement took: calls with the failed ones; US dollars are null without a price. */
const effort = {
  key: sha,
  /** The model that judged, as the provider names it. */
  model: z.string(),
  tokens: tokensSchema,
  cost_usd: z.number().nonnegative().nullable(),
  calls: z.number().int().nonnegative(),
  finished_at: z.iso.datetime(),
};

const assertionJudgementSchema = z.strictObject({
  format: z.literal(1),
  basis: assertionBasisSchema,
  /** One for each assertion of the case, in its order. */
  findings: z.array(findingSchema),
  ...effort,
});
export type AssertionJudgement = z.infer<typeof assertionJudgementSchema>;

const preferenceJudgementSchema = z.strictObject({
  format: z.literal(1),
  basis: preferenceBasisSchema,
  /** What counts: a preference that quotes neither answer is a tie. */
  preference: z.enum(preferences),
  quote: words.nullable(),
  reason: words,
  ...effort,
});
export type PreferenceJudgement = z.infer<typeof preferenceJudgementSchema>;

/** One line of the judgements beside the results. */
export const judgementSchema = z.union([assertionJudgementSchema, preferenceJudgementSchema]);
export type Judgement = z.infer<typeof judgementSchema>;

/** The name of a judgement: SHA-256 over its basis in a fixed order. */
export function judgementKey(of: JudgementBasis): string {
  const replies = of.kind === "assertions" ? [of.reply_sha256] : [of.first_sha256, of.second_sha256];
  return sha256(JSON.stringify([of.kind, of.judge, of.prompt, of.case_sha256, ...replies]));
}
