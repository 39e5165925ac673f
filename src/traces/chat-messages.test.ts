import { describe, expect, test } from "vitest";
import { jsonLines, readFixture, readSession, sessionFileOf } from "../../test/session-file-of.ts";
import { readChatMessages } from "./chat-messages.ts";
import type { JsonValue } from "./json-value.ts";
import type { SessionFile } from "./session.ts";

const toolCall = (id: string, args: JsonValue, name = "bash") => ({
  id,
  type: "function",
  function: { name, arguments: args },
});
const read = (messages: readonly unknown[], root: Record<string, unknown> = {}) =>
  readSession(readChatMessages, sessionFileOf(JSON.stringify({ ...root, messages })));

describe("a document of chat messages", () => {
  test("gives words, reasoning, calls with their results, and where each of them stands", async () => {
    const { steps, facts } = await readFixture(readChatMessages, "openai-messages/triton-cross-entropy.json");
    expect(facts).toEqual({ sessionId: "run_db704b61f012" });
    expect(steps.map((step) => step.source)).toEqual(["system", "user", "agent", "agent", "agent", "agent"]);
    const step = steps[3];
    expect(step).toMatchObject({
      reasoning: "A 262144 wide block spills.",
      model: "gpt-5.5",
      origin: { file: "openai-messages/triton-cross-entropy.json", line_from: 46, line_to: 67 },
    });
    expect(step?.calls[1]).toMatchObject({
      id: "call_c6ff844a989a6138e8d4",
      kind: "shell",
      origin: { line_from: 58, line_to: 63 },
      result: {
        text: "PASS 64 rows, 155 us (torch 402 us)\nRuntimeError: CUDA error: an illegal memory access was encountered",
        exitCode: 1,
        isError: true,
        origin: { line_from: 74, line_to: 77 },
      },
    });
  });

  test("counts the usage of the run once, at its last answer", async () => {
    const { steps } = await readFixture(readChatMessages, "openai-messages/triton-cross-entropy.json");
    expect(steps.map((step) => step.usage)).toEqual([
      ...Array(5).fill(null),
      { input: 41_233, cachedInput: 30_112, output: 2871, costUsd: null },
    ]);
  });

  test("may be a list alone", async () => {
    const { steps } = await readSession(
      readChatMessages,
      sessionFileOf(JSON.stringify([{ role: "user", content: [{ type: "text", text: "hi" }] }])),
    );
    expect(steps).toMatchObject([{ source: "user", text: "hi" }]);
  });

  test("keeps arguments that are no JSON object as they are", async () => {
    const { steps } = await read([
      { role: "assistant", tool_calls: [toolCall("a", '{"command": "ls'), toolCall("b", "[1]")] },
    ]);
    expect(steps[0]?.calls.map((call) => call.arguments)).toEqual([
      { input: '{"command": "ls' },
      { input: "[1]" },
    ]);
  });

  test("keeps a call that was never answered", async () => {
    const { steps, damage } = await read([
      { role: "assistant", tool_calls: [toolCall("a", "{}"), toolCall("b", "{}")] },
      { role: "tool", tool_call_id: "b", content: "done" },
    ]);
    expect(steps[0]?.calls.map((call) => call.result?.text ?? null)).toEqual([null, "done"]);
    expect(damage).toEqual([]);
  });

  test("attaches results in any order, and by order where they have no ids or the ids repeat", async () => {
    const { steps } = await read([
      { role: "assistant", tool_calls: [toolCall("a", "{}"), toolCall("b", "{}")] },
      { role: "tool", tool_call_id: "b", content: "of b" },
      { role: "tool", tool_call_id: "a", content: "of a" },
      { role: "assistant", tool_calls: [toolCall("a", "{}")] },
      { role: "tool", tool_call_id: "a", content: "of the other a" },
      { role: "assistant", function_call: { name: "bash", arguments: '{"command":"ls"}' } },
      { role: "function", name: "bash", content: "one" },
    ]);
    expect(steps.flatMap((step) => step.calls.map((call) => call.result?.text))).toEqual([
      "of a",
      "of b",
      "of the other a",
      "one",
    ]);
  });

  test("takes what a harness put into the user's message for the system's", async () => {
    const { steps } = await read([
      { role: "user", content: "Make it fast.<system-reminder>Use the todo list.</system-reminder>" },
      { role: "user", content: "<environment_context>\n<cwd>/w</cwd>\n</environment_context>" },
    ]);
    expect(steps.map(({ source, text }) => [source, text])).toEqual([
      ["system", "<system-reminder>Use the todo list.</system-reminder>"],
      ["user", "Make it fast."],
      ["system", "<environment_context>\n<cwd>/w</cwd>\n</environment_context>"],
    ]);
  });

  test("reports results without a call and messages without a role", async () => {
    const { steps, damage } = await read([
      { role: "tool", tool_call_id: "gone", content: "?" },
      7,
      { role: "critic", content: "?" },
    ]);
    expect(steps).toEqual([]);
    expect(damage.map(({ reason }) => reason)).toEqual([
      "a result for a call that is not there",
      "a message without a known role",
      "a message without a known role",
    ]);
  });
});

describe("JSON lines of chat messages", () => {
  test("hold a conversation a line", async () => {
    const { steps } = await readFixture(readChatMessages, "openai-messages/two-conversations.jsonl");
    expect(
      steps.filter((step) => step.source === "user").map((step) => [step.conversation, step.text]),
    ).toEqual([
      [0, "Add a block-level exclusive scan to scan.cu with warp shuffles. n is not a multiple of 32."],
      [1, "Write argmax over the last dimension in CUDA; ties must give the lowest index like torch."],
    ]);
    expect(new Set(steps.map((step) => step.origin.line_from))).toEqual(new Set([1, 2]));
    expect(steps.flatMap((step) => step.calls.map((call) => call.result?.exitCode))).toEqual([
      1,
      1,
      null,
      null,
      null,
      1,
      null,
      null,
    ]);
  });

  test("or a message a line", async () => {
    const { steps, damage } = await readSession(
      readChatMessages,
      sessionFileOf(
        jsonLines([
          { role: "user", content: "go" },
          { role: "assistant", content: "", tool_calls: [toolCall("a", '{"command":"make"}')] },
          { note: 1 },
          { role: "tool", tool_call_id: "a", content: "ok" },
        ]),
      ),
    );
    expect(steps.map((step) => [step.conversation, step.source, step.origin.line_from])).toEqual([
      [0, "user", 1],
      [0, "agent", 2],
    ]);
    expect(steps[1]?.calls[0]?.result).toMatchObject({ text: "ok", origin: { line_from: 4 } });
    expect(damage).toEqual([{ line: 3, reason: "neither a conversation nor a message" }]);
  });

  test("give out steps before the file ends, also behind a call that is never answered", async () => {
    const answers = 2000;
    let isRead = 0;
    const file: SessionFile = {
      ...sessionFileOf('{"role":"user"}\n{"role":"user"}\n'),
      async *lines() {
        for (let line = 1; line <= answers; line += 1) {
          isRead = line;
          yield { value: { role: "assistant", tool_calls: [toolCall(`c${line}`, "{}")] }, line };
        }
      },
    };
    const sink = { facts() {}, damage() {}, skill() {}, compaction() {} };
    let steps = 0;
    for await (const _ of readChatMessages(file, sink)) {
      steps += 1;
      expect(isRead - steps).toBeLessThan(300);
      if (steps > 1000) break;
    }
    expect(steps).toBe(1001);
  });
});
