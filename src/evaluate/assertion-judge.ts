import { sha256 } from "../digest.ts";
import { excerpt } from "../models/excerpt.ts";
import {
  assertionAnswerSchema,
  assertionPrompt,
  assertionPromptVersion,
  assertionSystem,
} from "./assertion-prompt.ts";
import type { CheckResult } from "./check.ts";
import type { JudgeDesk } from "./judge-desk.ts";
import type { Finding, JudgementBasis } from "./judgement.ts";
import { isQuotedFrom } from "./quotation.ts";
import { caseDigest, type SuiteCase } from "./suite.ts";
import type { Judge } from "./trial-end.ts";

/** For an answer about `count` assertions, with room for a model that thinks before it answers. */
function answerTokens(count: number): number {
  return Math.min(16_384, 4096 + 256 * count);
}

/**
 * A judge of assertions in prose: one question for all assertions of a case and one reply. An assertion passes only if
 * the judge calls it met and quotes the reply word for word; "not met", "cannot tell" and a quotation that is not in
 * the reply do not pass. An answer that leaves an assertion out, or says something else, is none: it throws, as `judgementOn`
 * does, and says nothing about the student. An empty reply meets nothing, and nobody is asked.
 */
export function assertionJudge(desk: JudgeDesk): Judge {
  return async (one, reply, trial) => {
    if (reply.trim() === "") {
      return one.assertions.map(() => ({ passed: false, evidence: "The answer is empty." }));
    }
    return (await findingsOn(one, reply, { desk, trial })).map((finding) => heldAgainst(reply, finding));
  };
}

/** What a judgement of assertions is kept by. `caseSha256` is that of the plan: the assertions are in it. */
export function assertionBasis(
  judge: string,
  caseSha256: string,
  replySha256: string,
): Extract<JudgementBasis, { kind: "assertions" }> {
  return {
    kind: "assertions",
    judge,
    prompt: assertionPromptVersion,
    case_sha256: caseSha256,
    reply_sha256: replySha256,
  };
}

async function findingsOn(
  one: SuiteCase,
  reply: string,
  { desk, trial }: { desk: JudgeDesk; trial: string },
): Promise<Finding[]> {
  const basis = assertionBasis(desk.spec, caseDigest(one, desk.spec), sha256(reply));
  const { text, mark } = assertionPrompt(one, reply);
  const question = {
    system: assertionSystem,
    prompt: text,
    schema: assertionAnswerSchema(mark, one.assertions.length),
    maxOutputTokens: answerTokens(one.assertions.length),
  };
  const judgement = await desk.judgementOn({ basis, trial }, question, ({ findings }, effort) => ({
    format: 1,
    basis,
    findings: [...findings]
      .sort((a, b) => a.assertion - b.assertion)
      .map(({ verdict, quote, reason }) => ({
        verdict,
        quote: quote === null ? null : quote.slice(0, longestQuote),
        reason: excerpt(reason, { limit: 500 }),
      })),
    ...effort,
  }));
  if (!("findings" in judgement)) throw new Error(`The judgement ${judgement.key} is of another kind.`);
  return judgement.findings;
}

/** A part of a quotation is one too. */
export const longestQuote = 2000;

/** A judge's finding as the result of a check. */
export function heldAgainst(reply: string, { verdict, quote, reason }: Finding): CheckResult {
  const because = reason === "" ? "" : ` (${reason})`;
  const words = quote === null ? "" : JSON.stringify(excerpt(quote));
  if (verdict !== "met") {
    const said = verdict === "not met" ? "The judge calls it not met" : "The judge cannot tell";
    return { passed: false, evidence: `${said}${because}.` };
  }
  if (isQuotedFrom(reply, quote)) return { passed: true, evidence: `The judge quotes ${words}${because}.` };
  const lack =
    quote === null || quote.trim() === ""
      ? "quotes nothing"
      : `quotes ${words}, which is not in it or too short to show it`;
  return { passed: false, evidence: `The judge calls it met, but ${lack}${because}.` };
}
