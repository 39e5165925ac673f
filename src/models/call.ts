import type { ZodType } from "zod";
import { sha256 } from "../digest.ts";
import type { Usage } from "./model.ts";

/** One message to a model. A question takes one call, or two where the first answer does not fit. */
export interface Call {
  purpose: string;
  system: string;
  prompt: string;
  /**
   * Handed to the provider where it can hold the model to a schema; the answer is checked by us in any case. Undefined
   * where any text is an answer.
   */
  schema: ZodType | undefined;
  maxOutputTokens: number;
  temperature: number | undefined;
}

/** Why the model ended: it was done, it ran into its output limit, or it (or its provider) refused. */
export type Stop = "complete" | "length" | "refusal";

export interface Reply {
  text: string;
  /** As the provider names it. */
  model: string;
  usage: Usage;
  stop: Stop;
}

export interface PaidReply extends Reply {
  /** US dollars; null without a price or without usage. */
  costUsd: number | null;
  latencyMs: number;
}

/**
 * One attempt at a call. Throws `AttemptError`. `again` is called before each further request of the attempt, as when a
 * server refuses a setting that is then left out; what it throws ends the attempt.
 */
export type Provider = (call: Call, again?: () => void) => Promise<Reply>;

/** A call with all that belongs to it: attempts, budget, recording. Throws `Failure`. */
export type Caller = (call: Call) => Promise<PaidReply>;

/** SHA-256 of the system text, a zero byte and the prompt, as `Answer.promptSha256` has it. */
export function promptDigest(system: string, prompt: string): string {
  return sha256(`${system}\0${prompt}`);
}
