import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { Failure } from "../failure.ts";
import type { Call, Caller, PaidReply } from "./call.ts";
import { promptDigest } from "./call.ts";
import { recordCalls } from "./recording.ts";
import { openReplay } from "./replay.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "overproof-recording-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

function call(prompt: string, purpose = "distill"): Call {
  return {
    purpose,
    system: "You distil.",
    prompt,
    schema: z.unknown(),
    maxOutputTokens: 10,
    temperature: undefined,
  };
}

function replyTo(prompt: string): PaidReply {
  return {
    text: `answer to ${prompt}\r\n é😀`,
    model: "m-1",
    usage: { inputTokens: prompt.length, outputTokens: 4, cachedInputTokens: null },
    stop: "complete",
    costUsd: 0.125,
    latencyMs: 42,
  };
}

const answering: Caller = (asked) => Promise.resolve(replyTo(asked.prompt));
const failing: Caller = () =>
  Promise.reject(new Failure("openai:m answered 503.", { remedy: "Later.", exitCode: 3 }));

async function recordAll(caller: Caller, into: string, prompts: string[]): Promise<PaidReply[]> {
  const recorded = await recordCalls(caller, into);
  const replies: PaidReply[] = [];
  for (const prompt of prompts) {
    replies.push(await recorded(call(prompt)));
  }
  return replies;
}

async function put(name: string, text: string): Promise<void> {
  await writeFile(join(folder, name), text);
}

describe("recordCalls", () => {
  it("writes prompt, answer and record of each call, numbered from the second on", async () => {
    const inside = join(folder, "runs", "one");
    await recordAll(answering, inside, ["a", "b"]);
    expect((await readdir(inside)).sort()).toEqual([
      "llm_calls.jsonl",
      "llm_prompt.txt",
      "llm_prompt_02.txt",
      "llm_response.txt",
      "llm_response_02.txt",
    ]);
    expect(await readFile(join(inside, "llm_prompt_02.txt"), "utf8")).toBe(
      "=== system ===\nYou distil.\n\n=== prompt ===\nb\n",
    );
    expect(await readFile(join(inside, "llm_response.txt"), "utf8")).toBe(replyTo("a").text);
    const lines = (await readFile(join(inside, "llm_calls.jsonl"), "utf8")).trimEnd().split("\n");
    expect(JSON.parse(lines[1] ?? "")).toEqual({
      call: 2,
      purpose: "distill",
      prompt_sha256: promptDigest("You distil.", "b"),
      model: "m-1",
      input_tokens: 1,
      output_tokens: 4,
      cached_input_tokens: null,
      cost_usd: 0.125,
      latency_ms: 42,
      stop: "complete",
      answer_file: "llm_response_02.txt",
      error: null,
    });
  });

  it("has written the prompt before the model is asked", async () => {
    const recorded = await recordCalls(async (asked) => {
      expect(await readFile(join(folder, "llm_prompt.txt"), "utf8")).toContain(asked.prompt);
      return replyTo(asked.prompt);
    }, folder);
    expect(await recorded(call("first of all"))).toBeDefined();
  });

  it("keeps prompt and reason of a call that fails", async () => {
    await expect(recordAll(failing, folder, ["a"])).rejects.toThrow("answered 503");
    expect((await readdir(folder)).sort()).toEqual(["llm_calls.jsonl", "llm_prompt.txt"]);
    expect(JSON.parse(await readFile(join(folder, "llm_calls.jsonl"), "utf8"))).toMatchObject({
      answer_file: null,
      error: "openai:m answered 503.",
    });
  });

  it("replaces an earlier recording and leaves every other file alone", async () => {
    await put("llm_reasoning.txt", "mine");
    await recordAll(answering, folder, ["a", "b", "c"]);
    await recordAll(answering, folder, ["d"]);
    expect((await readdir(folder)).sort()).toEqual([
      "llm_calls.jsonl",
      "llm_prompt.txt",
      "llm_reasoning.txt",
      "llm_response.txt",
    ]);
  });

  it("says so when the folder cannot be written", async () => {
    await put("file", "");
    await expect(recordCalls(answering, join(folder, "file"))).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining("cannot be saved") as string,
    });
  });
});

describe("openReplay", () => {
  it("gives back what was recorded, by prompt and not by order, each once", async () => {
    const replies = await recordAll(answering, folder, ["a", "b", "a"]);
    const { caller, asksAgain } = await openReplay(folder);
    expect(asksAgain).toBe(true);
    expect(await caller(call("b"))).toEqual(replies[1]);
    expect(await caller(call("a"))).toEqual(replies[0]);
    expect(await caller(call("a"))).toEqual(replies[2]);
    await expect(caller(call("a", "merge"))).rejects.toMatchObject({
      message: expect.stringContaining('holds 3 answers, and call 4 ("merge") needs one more') as string,
      exitCode: 2,
    });
  });

  it("records to the same bytes when it is recorded itself", async () => {
    await recordAll(answering, join(folder, "one"), ["a", "b"]);
    const { caller } = await openReplay(join(folder, "one"));
    await recordAll(caller, join(folder, "two"), ["a", "b"]);
    for (const name of await readdir(join(folder, "one"))) {
      expect(await readFile(join(folder, "two", name))).toEqual(await readFile(join(folder, "one", name)));
    }
  });

  it("refuses a prompt it was not recorded for", async () => {
    await recordAll(answering, folder, ["a", "b"]);
    const { caller } = await openReplay(folder);
    await expect(caller(call("c"))).rejects.toMatchObject({
      message: expect.stringContaining('no answer to the prompt of call 1 ("distill")') as string,
      exitCode: 2,
    });
  });

  it("repeats the failure of a call that failed", async () => {
    await expect(recordAll(failing, folder, ["a"])).rejects.toThrow("503");
    const { caller } = await openReplay(folder);
    await expect(caller(call("a"))).rejects.toMatchObject({
      message: expect.stringContaining("openai:m answered 503.") as string,
      exitCode: 3,
    });
  });

  it.each([
    ["numbered answers", ["00.txt", "01.txt", "02.txt", "10.txt"]],
    [
      "the answers of a workspace",
      ["llm_response.txt", "llm_response_02.txt", "llm_response_03.txt", "llm_response_10.txt"],
    ],
  ])("takes %s without a record in call order", async (_, names) => {
    for (const name of [...names].reverse()) {
      await put(name, `from ${name}`);
    }
    await put("notes.txt", "not an answer");
    const { caller, asksAgain } = await openReplay(folder);
    expect(asksAgain).toBe(false);
    for (const name of names) {
      expect(await caller(call("anything"))).toMatchObject({
        text: `from ${name}`,
        model: "replay",
        costUsd: null,
      });
    }
    await expect(caller(call("one more"))).rejects.toThrow(
      'holds 4 answers, and call 5 ("distill") needs one more',
    );
  });

  it.each([
    ["no JSON", "nonsense"],
    ["another shape", '{"call":1}'],
    ["a path that leads elsewhere", null],
  ])("refuses a record that holds %s", async (_, line) => {
    await recordAll(answering, folder, ["a"]);
    const good = await readFile(join(folder, "llm_calls.jsonl"), "utf8");
    await put("llm_calls.jsonl", line ?? good.replace("llm_response.txt", "../llm_response.txt"));
    await expect(openReplay(folder)).rejects.toMatchObject({
      message: expect.stringMatching(
        /^Line 1 of .*llm_calls\.jsonl is not the record of a call\.$/,
      ) as string,
      exitCode: 2,
    });
  });

  it.each([
    ["a folder that is not there", "missing"],
    ["a file", "file"],
    ["a folder without answers", "."],
  ])("refuses %s", async (_, name) => {
    await put("file", "");
    await expect(openReplay(join(folder, name))).rejects.toMatchObject({
      exitCode: 2,
      remedy: expect.stringContaining("replay:DIR") as string,
    });
  });
});
