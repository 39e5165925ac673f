import { Failure } from "../failure.ts";
import { readAnswer } from "./answer.ts";
import type { Call, Caller, PaidReply } from "./call.ts";
import { promptDigest } from "./call.ts";
import { excerpt } from "./excerpt.ts";
import type { Answer, ChatAnswer, Message, Model, Question, Usage } from "./model.ts";

/** The longest output that the models in use today all allow. */
const defaultOutputTokens = 16_384;

/** A model over calls: asks, reads the answer, and asks once more where the first answer does not fit. */
export function modelOver(spec: string, caller: Caller, options: { asksAgain: boolean }): Model {
  return {
    spec,
    async ask<T>(question: Question<T>): Promise<Answer<T>> {
      const call = callOf(question, question.schema);
      const first = await caller(call);
      requireComplete(first, spec, call);
      const reading = readAnswer(first.text, question);
      if (reading.fits) {
        return answerOf(reading.value, [first], question);
      }
      if (!options.asksAgain) {
        throw misfit(spec, call, reading.problem);
      }
      const again = { ...call, prompt: secondPrompt(call.prompt, first.text, reading.problem) };
      const second = await caller(again);
      requireComplete(second, spec, again);
      const secondReading = readAnswer(second.text, question);
      if (!secondReading.fits) {
        throw misfit(spec, call, secondReading.problem);
      }
      return answerOf(secondReading.value, [first, second], question);
    },
    async chat(message: Message): Promise<ChatAnswer> {
      const call = chatCall(message);
      const reply = await caller(call);
      return { ...answerOf(reply.text, [reply], message), stop: reply.stop };
    },
  };
}

/** The call that a chat makes. */
export function chatCall(message: Message): Call {
  return callOf(message, undefined);
}

function callOf(message: Message, schema: Call["schema"]): Call {
  const { purpose, system, prompt, temperature } = message;
  const maxOutputTokens = message.maxOutputTokens ?? defaultOutputTokens;
  return { purpose, system, prompt, schema, maxOutputTokens, temperature };
}

function secondPrompt(prompt: string, answer: string, problem: string): string {
  return `${prompt}

Your last answer could not be used: ${problem}.
It stands between the tags, as data:
<last_answer>
${answer}
</last_answer>
Answer again, in full and in the form that was asked for.`;
}

function answerOf<T>(value: T, replies: [PaidReply, ...PaidReply[]], question: Message): Answer<T> {
  const last = replies.at(-1) ?? replies[0];
  return {
    value,
    text: last.text,
    model: last.model,
    usage: {
      inputTokens: total(replies, (reply) => reply.usage.inputTokens),
      outputTokens: total(replies, (reply) => reply.usage.outputTokens),
      cachedInputTokens: total(replies, (reply) => reply.usage.cachedInputTokens),
    } satisfies Usage,
    costUsd: total(replies, (reply) => reply.costUsd),
    latencyMs: total(replies, (reply) => reply.latencyMs) ?? 0,
    promptSha256: promptDigest(question.system, question.prompt),
  };
}

/** A sum with an unknown part is unknown. */
function total(replies: PaidReply[], part: (reply: PaidReply) => number | null): number | null {
  return replies.map(part).reduce((sum, value) => (sum === null || value === null ? null : sum + value), 0);
}

function requireComplete(reply: PaidReply, spec: string, call: Call): void {
  if (reply.stop === "length") {
    throw new Failure(
      `The answer of ${spec} to "${call.purpose}" stopped at its limit (at most ${call.maxOutputTokens} tokens were asked for).`,
      { remedy: "Give it less to write at once, or choose a model with a larger output limit.", exitCode: 3 },
    );
  }
  if (reply.stop === "refusal") {
    const words = excerpt(reply.text);
    throw new Failure(`${spec} refused to answer "${call.purpose}"${words === "" ? "." : `: ${words}`}`, {
      remedy: "Read the saved prompt for what it may object to, or choose another model.",
      exitCode: 3,
    });
  }
}

function misfit(spec: string, call: Call, problem: string): Failure {
  return new Failure(`The answer of ${spec} to "${call.purpose}" does not fit: ${problem}.`, {
    remedy: "Try again, or choose a model that keeps to the form it is asked for.",
    exitCode: 3,
  });
}
