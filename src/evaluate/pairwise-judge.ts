import { sha256 } from "../digest.ts";
import { excerpt } from "../models/excerpt.ts";
import { longestQuote } from "./assertion-judge.ts";
import type { JudgeDesk } from "./judge-desk.ts";
import type { JudgementBasis, Preference } from "./judgement.ts";
import type { JudgementLookup } from "./judgement-store.ts";
import {
  pairwiseAnswerSchema,
  pairwisePrompt,
  pairwisePromptVersion,
  pairwiseSystem,
} from "./pairwise-prompt.ts";
import { isQuotedFrom } from "./quotation.ts";
import { caseDigest, type SuiteCase } from "./suite.ts";

/** Of head against the other arm. */
export type PairOutcome = "win" | "loss" | "tie";

/** For a model that thinks before it answers. */
const answerTokens = 8192;

/**
 * Has two replies to one case compared, in both orders, for the trial of the first. The judge sees a first and a second answer, and neither arms
 * nor skills. Equal replies are a tie, and nobody is asked. Throws as `judgementOn` does.
 */
export async function comparePair(
  one: SuiteCase,
  { head, other }: { head: string; other: string },
  { desk, trial }: { desk: JudgeDesk; trial: string },
): Promise<PairOutcome> {
  if (head === other) return "tie";
  const preference = (order: readonly [string, string]): Promise<Preference> =>
    preferenceOf(one, order, { desk, trial });
  // One after the other: where the first fails, the second is not paid for.
  return outcomeOf(await preference([head, other]), await preference([other, head]));
}

/** What a preference is kept by; the digests of the replies in the order in which the judge sees them. */
export function preferenceBasis(
  judge: string,
  caseSha256: string,
  [first, second]: readonly [string, string],
): Extract<JudgementBasis, { kind: "preference" }> {
  return {
    kind: "preference",
    judge,
    prompt: pairwisePromptVersion,
    case_sha256: caseSha256,
    first_sha256: first,
    second_sha256: second,
  };
}

/** Only a preference that stays with its answer when the answers change places counts. */
export function outcomeOf(headFirst: Preference, headSecond: Preference): PairOutcome {
  if (headFirst === "first" && headSecond === "second") return "win";
  return headFirst === "second" && headSecond === "first" ? "loss" : "tie";
}

/** What is known of a pair of replies by their digests; undefined as long as an order is not judged. */
export function knownOutcome(
  judgements: JudgementLookup,
  keys: readonly [headFirst: string, headSecond: string],
): PairOutcome | undefined {
  const [headFirst, headSecond] = keys.map((key) => {
    const judgement = judgements.get(key);
    return judgement !== undefined && "preference" in judgement ? judgement.preference : undefined;
  });
  return headFirst === undefined || headSecond === undefined ? undefined : outcomeOf(headFirst, headSecond);
}

async function preferenceOf(
  one: SuiteCase,
  [first, second]: readonly [string, string],
  { desk, trial }: { desk: JudgeDesk; trial: string },
): Promise<Preference> {
  const basis = preferenceBasis(desk.spec, caseDigest(one, desk.spec), [sha256(first), sha256(second)]);
  const { text, mark } = pairwisePrompt(one, first, second);
  const question = {
    system: pairwiseSystem,
    prompt: text,
    schema: pairwiseAnswerSchema(mark),
    maxOutputTokens: answerTokens,
  };
  const judgement = await desk.judgementOn(
    { basis, trial },
    question,
    ({ preference, quote, reason }, effort) => {
      const isShown = isQuotedFrom(first, quote) || isQuotedFrom(second, quote);
      return {
        format: 1,
        basis,
        preference: isShown ? preference : "tie",
        quote: quote === null ? null : quote.slice(0, longestQuote),
        reason: excerpt(reason, { limit: 500 }),
        ...effort,
      };
    },
  );
  if (!("preference" in judgement)) throw new Error(`The judgement ${judgement.key} is of another kind.`);
  return judgement.preference;
}
