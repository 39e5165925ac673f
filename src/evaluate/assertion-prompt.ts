import { z } from "zod";
import { dataRule, type JudgedCase, type JudgePrompt, judgePrompt } from "./judge-prompt.ts";
import { assertionVerdicts, type Finding } from "./judgement.ts";

/** Raised whenever the words of the prompt or the rules for its answer change. */
export const assertionPromptVersion = "2";

export const assertionSystem = `You judge one answer to a task by a list of assertions, each by itself.
For every assertion say:
- "met" if the answer shows that it holds;
- "not met" if the answer shows that it does not hold, or lacks what it asks for;
- "cannot tell" if the answer does not show which of the two it is.
Every "met" needs a quote: at least three words or twelve characters of the answer, or all of a shorter one, copied word for word and without omissions, that show it. For an assertion that something is absent, quote the passage that comes closest to it. A "met" without such a quote does not count. Where there is nothing to quote, the quote is null.
Judge only what stands in the answer. Length, style and confidence count for nothing unless an assertion asks for them. The expected answer, where there is one, is an example; other answers can be as good.
${dataRule}
Answer with JSON that fits the given schema, one finding for each assertion by its number, the reason in one sentence.`;

/** The prompt about one reply. */
export function assertionPrompt(one: JudgedCase, reply: string): JudgePrompt {
  return judgePrompt("Judge the answer by the assertions.", one, [["ANSWER", reply]]);
}

export interface AssertionAnswer {
  mark: string;
  findings: (Finding & { assertion: number })[];
}

/** The answer to the prompt with this mark: exactly one finding for each of `count` assertions, numbered from 1. */
export function assertionAnswerSchema(mark: string, count: number): z.ZodType<AssertionAnswer> {
  return z
    .object({
      mark: z.literal(mark),
      findings: z.array(
        z.object({
          assertion: z.number().int(),
          quote: z.string().nullable(),
          reason: z.string(),
          verdict: z.enum(assertionVerdicts),
        }),
      ),
    })
    .superRefine(({ findings }, context) => {
      const numbers = new Set(findings.map(({ assertion }) => assertion));
      const isWhole = Array.from({ length: count }, (_, index) => index + 1).every((one) => numbers.has(one));
      if (isWhole && findings.length === count) return;
      context.addIssue(`it needs one finding for each of the assertions 1 to ${count}, and no other`);
    });
}
