import { z } from "zod";
import { dataRule, type JudgedCase, type JudgePrompt, judgePrompt } from "./judge-prompt.ts";
import { type Preference, preferences } from "./judgement.ts";

/** Raised whenever the words of the prompt or the rules for its answer change. */
export const pairwisePromptVersion = "2";

export const pairwiseSystem = `You compare two answers to one task, and say which one is better by a list of assertions about a good answer.
Say "first" or "second" if that answer is better, and "tie" if neither is. An answer is better if it meets assertions that the other does not; where both meet the same, if what it says on them is more correct. In doubt, say "tie".
Every "first" and "second" needs a quote: at least three words or twelve characters of one of the two answers, or all of a shorter one, copied word for word and without omissions, that show the difference. Without it, it counts as "tie". For "tie" the quote may be null.
Which answer stands first, length, style and confidence count for nothing. The expected answer, where there is one, is an example; other answers can be as good.
${dataRule}
Answer with JSON that fits the given schema, the reason in one sentence.`;

/** The prompt about two replies, in the order in which they are shown. */
export function pairwisePrompt(one: JudgedCase, first: string, second: string): JudgePrompt {
  return judgePrompt("Which answer is better by the assertions?", one, [
    ["FIRST ANSWER", first],
    ["SECOND ANSWER", second],
  ]);
}

export interface PairwiseAnswer {
  mark: string;
  quote: string | null;
  reason: string;
  preference: Preference;
}

/** The answer to the prompt with this mark. */
export function pairwiseAnswerSchema(mark: string): z.ZodType<PairwiseAnswer> {
  return z.object({
    mark: z.literal(mark),
    quote: z.string().nullable(),
    reason: z.string(),
    preference: z.enum(preferences),
  });
}
