import { describe, expect, test } from "vitest";
import { jsonLines, readFixture, readSession, sessionFileOf } from "../../test/session-file-of.ts";
import { readOtelGenai } from "./otel-genai.ts";

interface Span {
  id: string;
  parent?: string;
  trace?: string;
  at: number;
  operation: string;
  attributes?: Record<string, unknown>;
  [other: string]: unknown;
}

/** A line as exporters of the JavaScript SDK write it. */
const flat = ({ id, parent, trace = "t", at, operation, attributes = {}, ...other }: Span) => ({
  traceId: trace,
  spanId: id,
  parentSpanId: parent ?? "",
  name: operation,
  startTime: [1_790_000_000 + at, 0],
  endTime: [1_790_000_000 + at + 1, 500_000_000],
  attributes: { "gen_ai.operation.name": operation, ...attributes },
  status: { code: 0 },
  ...other,
});
const read = (spans: readonly unknown[]) => readSession(readOtelGenai, sessionFileOf(jsonLines(spans)));
const said = (role: string, content: string) => ({ role, parts: [{ type: "text", content }] });
const called = (id: string, command: string) => ({
  role: "assistant",
  parts: [{ type: "tool_call", id, name: "bash", arguments: { command } }],
});
const answered = (id: string, response: string) => ({
  role: "tool",
  parts: [{ type: "tool_call_response", id, response }],
});
const chat = (input: unknown, output: unknown) => ({
  "gen_ai.response.model": "m",
  "gen_ai.usage.input_tokens": 10,
  "gen_ai.usage.output_tokens": 2,
  ...(input === undefined ? {} : { "gen_ai.input.messages": input }),
  ...(output === undefined ? {} : { "gen_ai.output.messages": output }),
});

describe("an OTLP document with messages as JSON text", () => {
  test("tells each message once, though every answer repeats the history", async () => {
    const { steps, facts } = await readFixture(readOtelGenai, "otel-genai/triton-conv1d-causal.otlp.json");
    expect(facts).toEqual({ agent: "kernel-agent", agentVersion: "1.4.0", sessionId: "conv-28629c22" });
    expect(steps.map((step) => [step.source, step.calls.length])).toEqual([
      ["system", 0],
      ["user", 0],
      ["agent", 2],
      ["agent", 2],
      ["agent", 2],
      ["agent", 0],
    ]);
  });

  test("gives every answer its model, time, usage and place", async () => {
    const { steps } = await readFixture(readOtelGenai, "otel-genai/triton-conv1d-causal.otlp.json");
    expect(steps[3]).toMatchObject({
      timestamp: "2026-09-23T19:39:38.082Z",
      model: "claude-sonnet-4-5-20250929",
      usage: { input: 3282, cachedInput: 2625, output: 27, costUsd: null },
    });
    expect(new Set(steps.slice(2).map((step) => step.origin.line_from)).size).toBe(4);
  });

  test("takes time, exit code and failure of a call from the tool's span", async () => {
    const { steps } = await readFixture(readOtelGenai, "otel-genai/triton-conv1d-causal.otlp.json");
    expect(steps[2]?.calls[1]?.result).toMatchObject({
      text: 'ValueError("arange\'s arguments must be of type tl.constexpr")\n2 failed',
      exitCode: 1,
      isError: true,
      durationMs: 13_265,
    });
  });
});

test("batches come in any order", async () => {
  const { steps } = await readFixture(readOtelGenai, "otel-genai/cuda-int8-dequant.otlp.jsonl");
  const times = steps.map((step) => step.timestamp ?? "");
  expect(times).toEqual([...times].sort());
  expect(steps.at(-1)?.text).toBe("Dequantise works for aligned and unaligned rows, 5x faster.");
  expect(steps.at(-1)?.origin.line_from).toBe(1);
});

describe("flat lines", () => {
  const spans = [
    flat({ id: "root", at: 0, operation: "invoke_agent", attributes: { "gen_ai.agent.name": "kernels" } }),
    flat({
      id: "c1",
      parent: "root",
      at: 1,
      operation: "chat",
      attributes: chat([said("user", "go")], [called("a", "make")]),
    }),
    flat({
      id: "c2",
      parent: "root",
      at: 5,
      operation: "chat",
      attributes: chat(
        [said("user", "go"), called("a", "make"), answered("a", "ok"), said("user", "go")],
        [said("assistant", "Done.")],
      ),
    }),
  ];

  test("are read in any order, and keep words that were said twice", async () => {
    const forwards = await read(spans);
    const backwards = await read([...spans].reverse());
    const words = (steps: (typeof forwards)["steps"]) =>
      steps.map((step) => [step.source, step.text, step.calls.length]);
    expect(words(forwards.steps)).toEqual([
      ["user", "go", 0],
      ["agent", "", 1],
      ["user", "go", 0],
      ["agent", "Done.", 0],
    ]);
    expect(words(backwards.steps)).toEqual(words(forwards.steps));
    expect(forwards.steps[1]?.calls[0]?.result?.text).toBe("ok");
    expect(forwards.damage).toEqual([]);
  });

  test("of a sub-agent name it, and what it was asked is no word of the person", async () => {
    const { steps } = await read([
      ...spans,
      flat({
        id: "sub",
        parent: "root",
        at: 2,
        operation: "invoke_agent",
        attributes: { "gen_ai.agent.name": "reviewer" },
      }),
      flat({
        id: "s1",
        parent: "sub",
        at: 3,
        operation: "chat",
        attributes: chat([said("user", "Review it.")], [said("assistant", "Fine.")]),
      }),
    ]);
    expect(
      steps
        .filter((step) => step.subagent !== null)
        .map(({ source, subagent, text }) => [source, subagent, text]),
    ).toEqual([
      ["system", "reviewer", "Review it."],
      ["agent", "reviewer", "Fine."],
    ]);
    expect(steps.filter((step) => step.source === "user")).toHaveLength(2);
  });

  test("of traces without a conversation's id go on where one repeats the other, and else are two", async () => {
    const turn = (trace: string, at: number, input: unknown[], answer: string) =>
      flat({ id: trace, trace, at, operation: "chat", attributes: chat(input, [said("assistant", answer)]) });
    const { steps } = await read([
      turn("t1", 1, [said("user", "one")], "First."),
      turn("t2", 2, [said("user", "one"), said("assistant", "First."), said("user", "two")], "Second."),
      turn("t3", 3, [said("user", "other")], "Third."),
    ]);
    expect(steps.map((step) => [step.conversation, step.text])).toEqual([
      [0, "one"],
      [0, "First."],
      [0, "two"],
      [0, "Second."],
      [1, "other"],
      [1, "Third."],
    ]);
  });
});

describe("where messages were not recorded", () => {
  const tool = (id: string, at: number, attributes: Record<string, unknown>, other = {}) =>
    flat({ id, parent: "root", at, operation: "execute_tool", attributes, ...other });

  test("the spans of tools tell the calls, by the answers that called them", async () => {
    const { steps } = await read([
      flat({ id: "root", at: 0, operation: "invoke_agent" }),
      flat({ id: "c1", parent: "root", at: 1, operation: "chat", attributes: chat(undefined, undefined) }),
      tool("x1", 3, { "gen_ai.tool.name": "bash", "gen_ai.tool.call.id": "a" }),
      tool(
        "x2",
        5,
        {
          "gen_ai.tool.name": "bash",
          "gen_ai.tool.call.arguments": '{"command":"make"}',
          "gen_ai.tool.call.result": '{"output":"error: no rule","exit_code":2}',
          "error.type": "tool_error",
        },
        { status: { code: 2 } },
      ),
      flat({ id: "c2", parent: "root", at: 9, operation: "chat", attributes: chat(undefined, undefined) }),
    ]);
    expect(steps.map((step) => [step.model, step.usage?.input, step.calls.length])).toEqual([
      ["m", 10, 2],
      ["m", 10, 0],
    ]);
    expect(steps[0]?.calls).toMatchObject([
      { tool: "bash", command: null, result: { text: "", isError: null, durationMs: 1500 } },
      { command: "make", result: { text: "error: no rule", exitCode: 2, isError: true } },
    ]);
  });

  test("and without an answer of a model each call is a step", async () => {
    const { steps } = await read([
      tool("x2", 5, { "gen_ai.tool.name": "read_file" }),
      tool("x1", 3, { "gen_ai.tool.name": "bash" }),
    ]);
    expect(steps.map((step) => step.calls.map((call) => call.tool))).toEqual([["bash"], ["read_file"]]);
  });

  test("or a history is too long to be read, answers and tools still tell what was done", async () => {
    const cut = '[{"role":"user","parts":[{"type":"text","content":"go\n[9 bytes left out]\n"}]}]';
    const { steps } = await read([
      flat({
        id: "c1",
        at: 1,
        operation: "chat",
        attributes: chat(cut, JSON.stringify([called("a", "make")])),
      }),
      flat({
        id: "x",
        parent: "c1",
        at: 2,
        operation: "execute_tool",
        attributes: {
          "gen_ai.tool.name": "bash",
          "gen_ai.tool.call.id": "a",
          "gen_ai.tool.call.result": "ok",
        },
      }),
      flat({
        id: "c2",
        at: 4,
        operation: "chat",
        attributes: chat(cut, JSON.stringify([said("assistant", "Done.")])),
      }),
    ]);
    expect(steps.map((step) => step.text)).toEqual(["", "Done."]);
    expect(steps[0]?.calls[0]).toMatchObject({ command: "make", result: { text: "ok" } });
  });
});

describe("what is deprecated since version 1.37", () => {
  const tool_calls = [
    { id: "a", type: "function", function: { name: "bash", arguments: '{"command":"make"}' } },
  ];
  const log = (spanId: string, at: number, name: string, body: unknown) => ({
    timeUnixNano: `${1_790_000_000 + at}000000000`,
    traceId: "t",
    spanId,
    eventName: name,
    body: { stringValue: JSON.stringify(body) },
  });

  test("events of a span tell its messages", async () => {
    const { steps } = await read([
      flat({
        id: "c",
        at: 1,
        operation: "chat",
        events: [
          { name: "gen_ai.system.message", attributes: { content: "Be brief." } },
          { name: "gen_ai.user.message", attributes: { "gen_ai.event.content": '{"content":"go"}' } },
          { name: "gen_ai.assistant.message", attributes: { tool_calls: JSON.stringify(tool_calls) } },
          { name: "gen_ai.tool.message", attributes: { id: "a", content: "ok" } },
          { name: "gen_ai.choice", attributes: { message: '{"content":"Done."}' } },
        ],
      }),
    ]);
    expect(steps.map((step) => [step.source, step.text])).toEqual([
      ["system", "Be brief."],
      ["user", "go"],
      ["agent", ""],
      ["agent", "Done."],
    ]);
    expect(steps[2]?.calls[0]).toMatchObject({ command: "make", result: { text: "ok" } });
  });

  test("log records tell those of their span, again and again", async () => {
    const { steps } = await readSession(
      readOtelGenai,
      sessionFileOf(
        JSON.stringify({
          resourceLogs: [
            {
              scopeLogs: [
                {
                  logRecords: [
                    log("c1", 1, "gen_ai.user.message", { content: "go" }),
                    log("c1", 2, "gen_ai.choice", { message: { tool_calls } }),
                    log("c2", 3, "gen_ai.user.message", { content: "go" }),
                    log("c2", 3, "gen_ai.assistant.message", { tool_calls }),
                    log("c2", 3, "gen_ai.tool.message", { id: "a", content: "ok" }),
                    log("c2", 4, "gen_ai.choice", { message: { content: "Done." } }),
                  ],
                },
              ],
            },
          ],
        }),
      ),
    );
    expect(steps.map((step) => [step.source, step.text, step.calls.length])).toEqual([
      ["user", "go", 0],
      ["agent", "", 1],
      ["agent", "Done.", 0],
    ]);
    expect(steps[1]?.calls[0]?.result?.text).toBe("ok");
  });
});
