import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { detectFormat } from "./detect-format.ts";
import { openSessionFile } from "./session-file.ts";

const folder = mkdtempSync(join(tmpdir(), "detect-"));

async function formatOf(content: string): Promise<string> {
  writeFileSync(join(folder, "trace"), content);
  return (await detectFormat(await openSessionFile(folder, "trace", () => undefined))).format;
}

const lines = (...values: unknown[]): string => values.map((value) => `${JSON.stringify(value)}\n`).join("");
const span = { traceId: "1", spanId: "2", attributes: { "gen_ai.operation.name": "chat" } };
const entry = { type: "user", uuid: "u", sessionId: "s", message: { role: "user", content: "go" } };
const toolUse = { role: "assistant", content: [{ type: "tool_use", id: "t", name: "bash", input: {} }] };

test.each([
  ["openai-chat-messages", JSON.stringify([{ role: "user", content: "go" }], null, 2)],
  ["openai-chat-messages", JSON.stringify({ messages: [{ role: "user", content: "go" }] })],
  ["openai-chat-messages", lines({ role: "user", content: "go" }, { role: "assistant", content: "done" })],
  ["anthropic-messages", JSON.stringify({ messages: [{ role: "user", content: "go" }, toolUse] })],
  ["anthropic-messages", lines({ messages: [toolUse] }, { messages: [toolUse] })],
  [
    "fast-agent-history",
    JSON.stringify({ messages: [{ role: "user", content: [], tool_results: {} }, toolUse] }),
  ],
  ["openai-responses", JSON.stringify({ object: "response", output: [] })],
  [
    "openai-responses",
    JSON.stringify({ input: [{ type: "function_call_output", call_id: "c", output: "x" }] }),
  ],
  ["otel-genai", lines(span, span)],
  ["otel-genai", lines({ resourceLogs: [] })],
  [
    "openhands-trajectory",
    JSON.stringify([
      { source: "agent", action: "run" },
      { source: "agent", observation: "run" },
    ]),
  ],
  ["pi-session", lines({ type: "session", version: 3, cwd: "/w", harness: "pi", id: "i" })],
  [
    "hf-session-trace-simple",
    lines({ type: "session", harness: "x", id: "i" }, { type: "message", message: {} }),
  ],
  ["gemini-cli", JSON.stringify({ sessionId: "s", projectHash: "h", messages: [] }, null, 2)],
  ["claude-code-jsonl", lines({ type: "summary", summary: "x" }, entry)],
  ["claude-code-jsonl", `starting up\n${lines(entry, entry)}`],
  ["claude-code-jsonl", `{"type":"us\n${lines(entry, entry)}`],
  ["claude-code-jsonl", lines({ type: "system", subtype: "init", session_id: "s", tools: [] })],
  ["claude-code-jsonl", lines({ type: "result", is_error: false, session_id: "s", result: "42" })],
  ["codex-exec-jsonl", lines({ type: "thread.started", thread_id: "t" })],
  [
    "codex-rollout",
    lines({ type: "event_msg", payload: {} }, { type: "response_item", payload: {} }, { x: 1 }),
  ],
  ["copilot-events", lines({ type: "user.message", data: {}, parentId: null, id: "1" })],
  ["atif", JSON.stringify({ schema_version: "ATIF-v1.8", steps: [] }, null, 2)],
  ["swe-agent-traj", JSON.stringify({ trajectory: [], history: [], info: {} })],
  ["markdown", "# aider chat started at 2026-01-01\n\n#### fix it\n"],
  ["markdown", "> fix it\n\n⏺ Done.\n"],
  ["unknown", "# Title\n\n## User\n\nguide\n"],
  ["unknown", lines({ role: "user" }, { type: "metric" })],
  ["unknown", "[1, 2, 3]"],
  ["unknown", "{}"],
  ["unknown", "\u0000\u0001\u0002"],
])("%s is told from %j", async (format, content) => {
  expect(await formatOf(content)).toBe(format);
});

test("an object that begins the lines of a huge file is enough", async () => {
  const content = lines(entry) + lines({ type: "user", padding: "x".repeat(1000) }).repeat(5000);
  expect(await formatOf(content)).toBe("claude-code-jsonl");
});
