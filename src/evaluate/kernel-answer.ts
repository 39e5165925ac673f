import { z } from "zod";
import { groupBy } from "../group-by.ts";
import { arms, tokensSchema } from "./trial.ts";

const sha = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().nonnegative();

/** One answer of a student, or a failed attempt to get one. A line of `answers.jsonl`. */
const answerSchema = z.strictObject({
  /** Of the trial, and what it stands for, for people: the first arm that needs it. */
  key: sha,
  case: z.string(),
  arm: z.enum(arms),
  student: z.string(),
  repeat: count,
  /** From 0: the first answer; each further one corrects the one before. */
  round: count,
  /** Text in `replies/<digest>.txt`; null where no answer came. */
  reply_sha256: sha.nullable(),
  /** Source in `candidates/<digest>.py` or `.cpp`; null where the answer holds none, and `problem` says why. */
  candidate_sha256: sha.nullable(),
  problem: z.string().nullable(),
  /** Of the first request of the trial: those of later rounds hold its own answers. */
  request_sha256: sha,
  frame_sha256: sha,
  model: z.string(),
  tokens: tokensSchema,
  cost_usd: z.number().nonnegative().nullable(),
  latency_ms: z.number().nonnegative(),
  calls: count,
  /** Why no answer came. */
  error: z.strictObject({ class: z.string(), message: z.string() }).nullable(),
  finished_at: z.iso.datetime(),
});
export type KernelAnswer = z.infer<typeof answerSchema>;

/** Of the text of an `answers.jsonl`, by trial. A last line that a killed process left half-written is passed over. */
export function parseAnswers(text: string): Map<string, KernelAnswer[]> {
  const answers = text.split("\n").flatMap((line) => answerIn(line) ?? []);
  return groupBy(answers, ({ key }) => key);
}

function answerIn(line: string): KernelAnswer | undefined {
  if (line === "") return undefined;
  try {
    return answerSchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

/** Of all lines of a trial the last answer of each round, in order, without a gap. */
export function answeredRounds(lines: readonly KernelAnswer[]): KernelAnswer[] {
  const byRound = new Map<number, KernelAnswer>();
  for (const one of lines) if (one.error === null && one.round <= byRound.size) byRound.set(one.round, one);
  return [...byRound.values()];
}
