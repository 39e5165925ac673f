import { expect, test } from "vitest";
import { readFixture, readSession, sessionFileOf } from "../../test/session-file-of.ts";
import { readFastAgent } from "./fast-agent.ts";

const read = (messages: unknown) => readSession(readFastAgent, sessionFileOf(JSON.stringify({ messages })));
const text = (words: string) => [{ type: "text", text: words }];

test("attaches results, which are keyed by the id of their call, with times and exit codes", async () => {
  const { steps, damage } = await readFixture(readFastAgent, "fast-agent/history_kernel.json");
  expect(damage).toEqual([]);
  expect(steps.map((step) => [step.source, step.calls.length])).toEqual([
    ["user", 0],
    ["agent", 1],
    ["agent", 4],
    ["agent", 2],
    ["agent", 2],
    ["agent", 0],
  ]);
  expect(steps[1]?.calls[0]).toMatchObject({
    tool: "execute",
    kind: "shell",
    result: { text: "./README.md", exitCode: 0, isError: false, durationMs: 812.5 },
  });
  expect(steps[2]?.calls[3]?.result).toMatchObject({ exitCode: 1, isError: true });
});

test("takes model and usage of a turn from its channel", async () => {
  const { steps } = await readFixture(readFastAgent, "fast-agent/history_kernel.json");
  expect(steps[1]).toMatchObject({
    model: "claude-opus-4-5",
    timestamp: "2026-09-22T09:48:17.931Z",
    usage: { input: 3238, cachedInput: 2590, output: 12, costUsd: null },
  });
});

test("takes templates for no words of the person, and reads reasoning and compactions", async () => {
  const { steps, compactions } = await read([
    { role: "user", content: text("An example"), is_template: true },
    { role: "assistant", content: text("An answer"), is_template: true },
    { role: "user", content: text("go") },
    {
      role: "assistant",
      content: [...text("Done."), { type: "resource", resource: { uri: "file:///a", text: "code" } }],
      channels: {
        reasoning: text("Hm."),
        "fast-agent-compaction": text("{}"),
        "fast-agent-usage": text("{"),
      },
    },
  ]);
  expect(steps.map((step) => [step.source, step.text, step.isCopied])).toEqual([
    ["system", "An example", true],
    ["agent", "An answer", true],
    ["user", "go", false],
    ["agent", "Done.\ncode", false],
  ]);
  expect(steps[3]).toMatchObject({ reasoning: "Hm.", usage: null });
  expect(compactions).toBe(1);
});

test("keeps calls without results, and reports results without calls and messages that are none", async () => {
  const call = { method: "tools/call", params: { name: "execute", arguments: { command: "make" } } };
  const { steps, damage } = await read([
    { role: "assistant", content: [], tool_calls: { a: call, b: { params: {} } } },
    { role: "user", content: [], tool_results: { gone: { content: text("?"), isError: false } } },
    "?",
  ]);
  expect(steps.map((step) => step.calls.map(({ id, result }) => [id, result]))).toEqual([[["a", null]]]);
  expect(damage.map(({ reason }) => reason)).toEqual([
    "a result for a call that is not there",
    "a message that is not an object",
  ]);
});
