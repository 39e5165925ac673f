import { expect, test } from "vitest";
import { jsonLines, readFixture, readSession, sessionFileOf } from "../../test/session-file-of.ts";
import { readAnthropicMessages } from "./anthropic-messages.ts";

const read = (document: unknown) =>
  readSession(readAnthropicMessages, sessionFileOf(JSON.stringify(document)));

test("attaches results, which stand in messages of the user, to their calls", async () => {
  const { steps, damage } = await readFixture(
    readAnthropicMessages,
    "anthropic-messages/triton-cross-entropy.json",
  );
  expect(damage).toEqual([]);
  expect(steps.map((step) => step.source)).toEqual(["system", "user", "agent", "agent", "agent", "agent"]);
  expect(steps[3]).toMatchObject({
    reasoning: "A 262144 wide block spills.",
    model: "claude-opus-4-5-20251101",
    calls: [
      { tool: "write_file", paths: ["ce.py"], result: { isError: null } },
      { tool: "bash", result: { isError: true, exitCode: null } },
    ],
  });
});

test("counts cached tokens as input, and only those of the response", async () => {
  const { steps } = await readFixture(readAnthropicMessages, "anthropic-messages/triton-cross-entropy.json");
  expect(steps.map((step) => step.usage)).toEqual([
    ...Array(5).fill(null),
    { input: 24_922, cachedInput: 24_110, output: 214, costUsd: null },
  ]);
});

test("keeps words beside results, and attaches answers of the server's own tools", async () => {
  const { steps } = await read({
    messages: [
      {
        role: "assistant",
        content: [
          { type: "server_tool_use", id: "s", name: "web_search", input: { query: "tl.dot" } },
          {
            type: "web_search_tool_result",
            tool_use_id: "s",
            content: [{ type: "web_search_result", url: "u" }],
          },
          { type: "tool_use", id: "t", name: "bash", input: { command: "make" } },
        ],
      },
      {
        role: "user",
        content: [
          { type: "tool_result", tool_use_id: "t", content: "ok" },
          { type: "text", text: "Use fp32." },
        ],
      },
    ],
  });
  expect(steps[0]?.calls.map((call) => call.result !== null)).toEqual([true, true]);
  expect(steps[1]).toMatchObject({ source: "user", text: "Use fp32." });
});

test("reads JSON lines as conversations", async () => {
  const lines = jsonLines(["one", "two"].map((content) => ({ messages: [{ role: "user", content }] })));
  const { steps } = await readSession(readAnthropicMessages, sessionFileOf(lines));
  expect(steps.map((step) => [step.conversation, step.text])).toEqual([
    [0, "one"],
    [1, "two"],
  ]);
});

test("reports results without a call and messages without a role", async () => {
  const { steps, damage } = await read({
    messages: [
      { role: "user", content: [{ type: "tool_result", tool_use_id: "gone" }, 5] },
      { content: "x" },
      null,
    ],
  });
  expect(steps).toEqual([]);
  expect(damage.map(({ reason }) => reason)).toEqual([
    "a result for a call that is not there",
    "a message without a known role",
    "a message without a known role",
  ]);
});
