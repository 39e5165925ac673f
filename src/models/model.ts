import type { ZodType } from "zod";
import type { Stop } from "./call.ts";

/** What a model is asked. `purpose` names the call in files and messages, such as `distill`. */
export interface Question<T> {
  purpose: string;
  system: string;
  prompt: string;
  /** The answer has to be JSON of this shape. */
  schema: ZodType<T>;
  /** Reads an answer that is not such JSON (the Markdown form of the seed systems); undefined refuses it. */
  readText?: (text: string) => T | undefined;
  maxOutputTokens?: number;
  temperature?: number;
}

/** What a model is told where any text is an answer: a student that works on a case. */
export type Message = Omit<Question<string>, "schema" | "readText">;

/** Tokens of one call; null where the provider does not say. */
export interface Usage {
  inputTokens: number | null;
  outputTokens: number | null;
  cachedInputTokens: number | null;
}

export interface Answer<T> {
  value: T;
  /** The reply as it came, before parsing. */
  text: string;
  /** The model that answered, as the provider names it; the spec's name where it does not. */
  model: string;
  usage: Usage;
  /** US dollars by the price table of the configuration; null when the table has no price for this model. */
  costUsd: number | null;
  latencyMs: number;
  /** SHA-256 of the system text, a zero byte and the prompt. */
  promptSha256: string;
}

/** An answer in a chat, with why it ended. */
export interface ChatAnswer extends Answer<string> {
  stop: Stop;
}

/**
 * A model without tools: text and a schema in, a parsed value out; or text in, text out.
 * Throws `Failure` (exit code 3) when the provider keeps failing, when the answer does not fit the schema twice,
 * or when the run's budget is spent.
 */
export interface Model {
  readonly spec: string;
  ask<T>(question: Question<T>): Promise<Answer<T>>;
  /** An answer that was cut off or is a refusal is an answer too. */
  chat(message: Message): Promise<ChatAnswer>;
}
