import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { Call, PaidReply } from "./call.ts";
import { promptDigest } from "./call.ts";
import type { Question } from "./model.ts";
import { modelOver } from "./question.ts";

const question: Question<{ gain: number }> = {
  purpose: "distill",
  system: "You distil.",
  prompt: "What gained?",
  schema: z.object({ gain: z.number() }),
};

function reply(text: string, rest: Partial<PaidReply> = {}): PaidReply {
  return {
    text,
    model: "m-1",
    usage: { inputTokens: 10, outputTokens: 2, cachedInputTokens: 0 },
    stop: "complete",
    costUsd: 0.25,
    latencyMs: 30,
    ...rest,
  };
}

function model(replies: PaidReply[], asksAgain = true) {
  const calls: Call[] = [];
  const asked = modelOver(
    "openai:m",
    (call) => {
      calls.push(call);
      const next = replies[calls.length - 1];
      return next === undefined ? Promise.reject(new Error("asked too often")) : Promise.resolve(next);
    },
    { asksAgain },
  );
  return { model: asked, calls };
}

it("takes any text as the answer to a message, also one that was cut off", async () => {
  const { model: asked, calls } = model([reply("It gained {3", { stop: "length" })]);
  const { purpose, system, prompt } = question;
  expect(await asked.chat({ purpose, system, prompt })).toMatchObject({
    value: "It gained {3",
    costUsd: 0.25,
  });
  expect(calls).toMatchObject([{ system, prompt, schema: undefined }]);
});

describe("a question", () => {
  it("takes one call when the answer fits", async () => {
    const { model: asked, calls } = model([reply('Here: {"gain":3}')]);
    expect(await asked.ask(question)).toEqual({
      value: { gain: 3 },
      text: 'Here: {"gain":3}',
      model: "m-1",
      usage: { inputTokens: 10, outputTokens: 2, cachedInputTokens: 0 },
      costUsd: 0.25,
      latencyMs: 30,
      promptSha256: promptDigest("You distil.", "What gained?"),
    });
    expect(calls).toHaveLength(1);
  });

  it("is asked once more with what was wrong, and both calls are paid for", async () => {
    const { model: asked, calls } = model([
      reply('{"gain":"much"}'),
      reply('{"gain":4}', {
        usage: { inputTokens: 20, outputTokens: 2, cachedInputTokens: null },
        latencyMs: 50,
      }),
    ]);
    expect(await asked.ask(question)).toMatchObject({
      value: { gain: 4 },
      usage: { inputTokens: 30, outputTokens: 4, cachedInputTokens: null },
      costUsd: 0.5,
      latencyMs: 80,
      promptSha256: promptDigest("You distil.", "What gained?"),
    });
    expect(calls[1]?.prompt).toMatch(/^What gained\?\n.*gain: .*number.*\{"gain":"much"\}/s);
    expect(calls[1]?.system).toBe("You distil.");
  });

  it("fails when the second answer does not fit either", async () => {
    const { model: asked, calls } = model([reply("?"), reply('{"loss":1}')]);
    await expect(asked.ask(question)).rejects.toMatchObject({
      message: expect.stringMatching(
        /^The answer of openai:m to "distill" does not fit: gain: .*\.$/,
      ) as string,
      exitCode: 3,
    });
    expect(calls).toHaveLength(2);
  });

  it("is not asked again where the next answer belongs to another question", async () => {
    const { model: asked, calls } = model([reply("?"), reply('{"gain":4}')], false);
    await expect(asked.ask(question)).rejects.toThrow("does not fit");
    expect(calls).toHaveLength(1);
  });

  it.each([
    [{ stop: "length" as const }, "stopped at its limit (at most 16384 tokens"],
    [{ stop: "refusal" as const, text: "Not\nthis." }, 'refused to answer "distill": Not this.'],
  ])("that ended with %o is not taken for an answer, though it would fit", async (rest, words) => {
    const { model: asked, calls } = model([reply('{"gain":4}', rest), reply('{"gain":4}')]);
    await expect(asked.ask(question)).rejects.toMatchObject({
      message: expect.stringContaining(words) as string,
      exitCode: 3,
    });
    expect(calls).toHaveLength(1);
  });

  it("does not take a cut second answer either", async () => {
    const { model: asked } = model([reply("?"), reply('{"gain":4}', { stop: "length" })]);
    await expect(asked.ask(question)).rejects.toThrow("stopped at its limit");
  });

  it("may be answered in the text form that it can read", async () => {
    const { model: asked } = model([reply("gain: 5")]);
    const readText = (text: string): { gain: number } => ({ gain: Number(text.split(":")[1]) });
    expect((await asked.ask({ ...question, readText })).value).toEqual({ gain: 5 });
  });
});
