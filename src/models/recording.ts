import { appendFile, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { reasonOf, usageFailure } from "../failure.ts";
import type { Call, Caller } from "./call.ts";
import { promptDigest } from "./call.ts";

/** The machine-readable side of a recording: one line for each call, in call order. */
export const recordsFile = "llm_calls.jsonl";

const answerFile = /^llm_response(_\d{2,})?\.txt$/;
const ourFile = /^llm_(prompt|response)(_\d{2,})?\.txt$|^llm_calls\.jsonl$/;

const count = z.number().int().nonnegative().nullable();

export const recordSchema = z.object({
  call: z.number().int().positive(),
  purpose: z.string(),
  /** Null in a recording written by hand: its answers are taken in call order. */
  prompt_sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable(),
  model: z.string().nullable(),
  input_tokens: count,
  output_tokens: count,
  cached_input_tokens: count,
  cost_usd: z.number().nonnegative().nullable(),
  latency_ms: z.number().nonnegative(),
  stop: z.enum(["complete", "length", "refusal"]).nullable(),
  /** Beside this file; null where the call failed. */
  answer_file: z.string().regex(answerFile).nullable(),
  /** Why the call failed. */
  error: z.string().nullable(),
});

export type CallRecord = z.infer<typeof recordSchema>;

/** `llm_prompt.txt` for the first call, `llm_prompt_02.txt` for the second, and so on; the same for responses. */
export function callFile(side: "prompt" | "response", call: number): string {
  return `llm_${side}${call === 1 ? "" : `_${String(call).padStart(2, "0")}`}.txt`;
}

/**
 * Writes every call of `inner` to a folder: the prompt before the call, the answer and a record after it, the record
 * also when the call fails. A recording that is already there is replaced.
 */
export async function recordCalls(inner: Caller, folder: string): Promise<Caller> {
  const write = async (work: () => Promise<unknown>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      throw usageFailure(
        `The prompts and answers cannot be saved in ${folder}: ${reasonOf(error)}.`,
        "Give a workspace that can be written and has space left.",
        error,
      );
    }
  };
  await write(async () => {
    await mkdir(folder, { recursive: true });
    const earlier = (await readdir(folder)).filter((name) => ourFile.test(name));
    await Promise.all(earlier.map((name) => rm(join(folder, name))));
  });
  let calls = 0;
  return async (call) => {
    calls += 1;
    const number = calls;
    const record = (outcome: Omit<CallRecord, "call" | "purpose" | "prompt_sha256">): Promise<void> => {
      const line: CallRecord = {
        call: number,
        purpose: call.purpose,
        prompt_sha256: promptDigest(call.system, call.prompt),
        ...outcome,
      };
      return write(() => appendFile(join(folder, recordsFile), `${JSON.stringify(line)}\n`));
    };
    await write(() => writeFile(join(folder, callFile("prompt", number)), promptText(call)));
    try {
      const reply = await inner(call);
      const file = callFile("response", number);
      await write(() => writeFile(join(folder, file), reply.text));
      await record({
        model: reply.model,
        input_tokens: reply.usage.inputTokens,
        output_tokens: reply.usage.outputTokens,
        cached_input_tokens: reply.usage.cachedInputTokens,
        cost_usd: reply.costUsd,
        latency_ms: reply.latencyMs,
        stop: reply.stop,
        answer_file: file,
        error: null,
      });
      return reply;
    } catch (error) {
      await record({ ...nothing, error: reasonOf(error) });
      throw error;
    }
  };
}

const nothing = {
  model: null,
  input_tokens: null,
  output_tokens: null,
  cached_input_tokens: null,
  cost_usd: null,
  latency_ms: 0,
  stop: null,
  answer_file: null,
};

/** For people; the record's digest is of the two texts themselves. */
function promptText(call: Call): string {
  return `=== system ===\n${call.system}\n\n=== prompt ===\n${call.prompt}\n`;
}
