import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  countsOf,
  fixtureText,
  jsonLines,
  labelsOf,
  oddPrefixes,
  readFixture,
  readSession,
  sessionFileOf,
} from "../../test/session-file-of.ts";
import { readCodexRollout } from "./codex-rollout.ts";

const transpose = "codex/rollout-2026-09-16T17-35-00-adb29fa9-c362-7be1-a422-793539d1bb0a.jsonl";
const matmul = "codex/rollout-2026-09-26T07-26-00-4848de68-e0e8-7f52-aaf0-b271079b2d69.jsonl";

let clock = 0;
/** A line of a rollout, a second after the one before. */
function line(type: string, payload: unknown, second = (clock += 1)) {
  return { timestamp: new Date(Date.UTC(2026, 8, 1, 12, 0, second)).toISOString(), type, payload };
}
const meta = (more: object = {}) =>
  line("session_meta", { id: "own", cwd: "/w", cli_version: "0.149.0", ...more });
const says = (role: string, text: string) =>
  line("response_item", { type: "message", role, content: [{ type: "input_text", text }] });
const calls = (id: string, cmd: string) =>
  line("response_item", {
    type: "function_call",
    name: "exec_command",
    arguments: JSON.stringify({ cmd }),
    call_id: id,
  });
const answers = (id: string, code: number, output: string) =>
  line("response_item", {
    type: "function_call_output",
    call_id: id,
    output: `Wall time: 1.5 seconds\nProcess exited with code ${code}\nOutput:\n${output}`,
  });
const event = (type: string, more: object = {}) => line("event_msg", { type, ...more });
const read = (lines: readonly unknown[]) => readSession(readCodexRollout, sessionFileOf(jsonLines(lines)));
const said = (steps: Awaited<ReturnType<typeof read>>["steps"]) =>
  steps.map(({ source, text, isCopied, branch }) => [source, text, isCopied, branch]);

describe("readCodexRollout", () => {
  it.each([transpose, matmul])("counts what labels.json counts in %s", async (path) => {
    const { steps, damage, facts } = await readFixture(readCodexRollout, path);
    expect({ format: "codex-rollout", ...countsOf(steps) }).toEqual(labelsOf(path));
    expect(damage).toEqual([]);
    expect(facts).toMatchObject({ agent: "codex", agentVersion: "0.149.0", cwd: "/home/dev/kernels" });
  });

  it("reads calls with their commands, patches, results and lines", async () => {
    const { steps } = await readFixture(readCodexRollout, transpose);
    const all = steps.flatMap((step) => step.calls);
    expect(all[2]).toMatchObject({
      tool: "exec_command",
      kind: "shell",
      command: "bash build.sh",
      cwd: "/home/dev/kernels",
      origin: { file: transpose, line_from: 15, line_to: 15 },
      result: {
        text: "ptxas error   : Entry function '_Z9transposePKfPfi' uses too much shared data (0x10400 bytes, 0xc000 max)",
        exitCode: 255,
        isError: true,
        durationMs: 3051,
        origin: { file: transpose, line_from: 16, line_to: 16 },
      },
    });
    expect(all[8]).toMatchObject({
      kind: "edit",
      paths: ["transpose.cu"],
      result: { exitCode: 0, isError: false },
    });
    expect(all[8]?.patch).toBe(
      "--- a/transpose.cu\n+++ b/transpose.cu\n@@\n-  __shared__ float tile[32][32];\n+  __shared__ float tile[32][33];",
    );
  });

  it("takes what Codex put into a user's message for the system's words", async () => {
    const { steps } = await readFixture(readCodexRollout, transpose);
    expect(steps.slice(0, 3).map(({ source, text }) => [source, text.slice(0, 20)])).toEqual([
      ["system", "<permissions instruc"],
      ["system", "<environment_context"],
      ["user", "Write a CUDA kernel "],
    ]);
  });

  it("tells a compaction's history as copied", async () => {
    const { steps, compactions } = await readFixture(readCodexRollout, matmul);
    expect(compactions).toBe(1);
    const copied = steps.filter((step) => step.isCopied);
    expect(copied.map(({ source, text }) => [source, text.slice(0, 22)])).toEqual([
      ["user", "Implement a Triton fp1"],
      ["system", "Another language model"],
    ]);
  });

  it("tells a summary that stands in no history", async () => {
    const { steps } = await read([meta(), says("user", "go"), line("compacted", { message: "so far" })]);
    expect(said(steps)).toEqual([
      ["user", "go", false, "active"],
      ["system", "so far", true, "active"],
    ]);
  });

  it("counts each answer's tokens once", async () => {
    const usage = (total: number) => ({
      info: {
        total_token_usage: { input_tokens: total, output_tokens: total / 10 },
        last_token_usage: { input_tokens: 100, cached_input_tokens: 60, output_tokens: 10 },
      },
    });
    const { steps } = await read([
      meta(),
      says("user", "go"),
      calls("a", "ls"),
      event("token_count", usage(100)),
      event("token_count", usage(100)),
      answers("a", 0, "x"),
      says("assistant", "done"),
      event("token_count", usage(200)),
    ]);
    expect(steps.map((step) => step.usage?.input)).toEqual([undefined, 100, 100]);
    expect(steps[1]?.usage).toEqual({ input: 100, cachedInput: 60, output: 10, costUsd: null });
    const { steps: told } = await readFixture(readCodexRollout, transpose);
    const total = fixtureText(transpose)
      .match(/(?<="total_token_usage":\{"input_tokens":)\d+/g)
      ?.at(-1);
    expect(told.reduce((sum, step) => sum + (step.usage?.input ?? 0), 0)).toBe(Number(total));
  });

  it("reads events only where there are no response items", async () => {
    const { steps } = await read([
      meta(),
      event("user_message", { message: "go" }),
      event("agent_reasoning", { text: "**Look.**" }),
      event("agent_message", { message: "I look." }),
      calls("a", "ls"),
      answers("a", 0, "x"),
    ]);
    expect(said(steps)).toEqual([
      ["user", "go", false, "active"],
      ["agent", "I look.", false, "active"],
    ]);
    expect(steps[1]).toMatchObject({
      reasoning: "**Look.**",
      calls: [{ command: "ls", result: { text: "x" } }],
    });
  });

  it("marks turns that were rolled back as abandoned", async () => {
    const { steps } = await read([
      meta(),
      says("user", "one"),
      says("assistant", "first"),
      says("user", "two"),
      calls("a", "make"),
      answers("a", 2, "no rule"),
      says("user", "three"),
      says("assistant", "third"),
      event("thread_rolled_back", { num_turns: 2 }),
      says("user", "two again"),
    ]);
    expect(steps.map(({ text, branch }) => [text, branch])).toEqual([
      ["one", "active"],
      ["first", "active"],
      ["two", "abandoned"],
      ["", "abandoned"],
      ["three", "abandoned"],
      ["third", "abandoned"],
      ["two again", "active"],
    ]);
    expect(countsOf(steps)).toEqual({ user_messages: 2, tool_calls: 0, failed_tool_calls: 0 });
  });

  it("marks the history that a fork repeats as copied, by its second", async () => {
    const at = 30;
    const { steps, facts } = await read([
      meta({ id: "child", forked_from_id: "parent" }),
      line("session_meta", { id: "parent", cwd: "/elsewhere" }, at),
      line("response_item", { type: "message", role: "user", content: "old request" }, at),
      line("response_item", { type: "message", role: "assistant", content: "old answer" }, at),
      line("response_item", { type: "message", role: "user", content: "new request" }, at + 2),
      line("response_item", { type: "message", role: "assistant", content: "same second" }, at),
    ]);
    expect(facts).toMatchObject({ sessionId: "child", cwd: "/w" });
    expect(said(steps)).toEqual([
      ["user", "old request", true, "active"],
      ["agent", "old answer", true, "active"],
      ["user", "new request", false, "active"],
      ["agent", "same second", false, "active"],
    ]);
  });

  it("names the sub-agent of a session, and copies its parent's history up to the announced turn", async () => {
    const spawn = { parent_thread_id: "p", depth: 1, agent_nickname: "Ada" };
    const { steps } = await read([
      meta({ forked_from_id: "p", source: { subagent: { thread_spawn: spawn } } }),
      says("user", "the person's request"),
      line("inter_agent_communication_metadata", { trigger_turn: true }),
      says("user", "profile it"),
      calls("a", "ncu ./t"),
    ]);
    expect(steps.map(({ source, text, isCopied, subagent }) => [source, text, isCopied, subagent])).toEqual([
      ["user", "the person's request", true, null],
      ["system", "profile it", false, "Ada"],
      ["agent", "", false, "Ada"],
    ]);
  });

  it("keeps calls that were never answered, in their place", async () => {
    const { steps } = await read([
      calls("a", "sleep 99"),
      says("user", "stop"),
      calls("b", "ls"),
      answers("b", 0, "x"),
    ]);
    expect(steps.map((step) => step.calls.map((call) => [call.command, call.result?.text ?? null]))).toEqual([
      [["sleep 99", null]],
      [],
      [["ls", "x"]],
    ]);
  });

  it("joins parallel calls of an answer and gives each its own result", async () => {
    const { steps } = await read([
      calls("a", "ls"),
      calls("b", "pwd"),
      answers("b", 0, "/w"),
      answers("a", 1, "no"),
      calls("c", "id"),
    ]);
    expect(steps.map((step) => step.calls.map((call) => [call.command, call.result?.text ?? null]))).toEqual([
      [
        ["ls", "no"],
        ["pwd", "/w"],
      ],
      [["id", null]],
    ]);
  });

  it("learns from events whether a tool of a server failed", async () => {
    const { steps } = await read([
      line("response_item", { type: "function_call", name: "docs__find", arguments: "{}", call_id: "m" }),
      event("mcp_tool_call_end", {
        call_id: "m",
        duration: { secs: 1, nanos: 500_000_000 },
        result: { Ok: { content: [], is_error: true } },
      }),
      line("response_item", { type: "function_call_output", call_id: "m", output: "nothing there" }),
    ]);
    expect(steps[0]?.calls[0]?.result).toMatchObject({
      text: "nothing there",
      isError: true,
      durationMs: 1500,
    });
  });

  it("keeps arguments that are no JSON, and tools that the provider runs", async () => {
    const { steps } = await read([
      line("response_item", {
        type: "function_call",
        name: "exec_command",
        arguments: '{"cmd": "ls',
        call_id: "a",
      }),
      line("response_item", {
        type: "web_search_call",
        status: "completed",
        action: { type: "search", query: "shuffles" },
      }),
      line("response_item", {
        type: "local_shell_call",
        call_id: "s",
        action: { type: "exec", command: ["bash", "-lc", "make"] },
      }),
    ]);
    const all = steps.flatMap((step) => step.calls);
    expect(all.map(({ kind, arguments: args, command }) => [kind, args, command])).toEqual([
      ["shell", { input: '{"cmd": "ls' }, '{"cmd": "ls'],
      ["fetch", { type: "search", query: "shuffles" }, null],
      ["shell", { type: "exec", command: ["bash", "-lc", "make"] }, "make"],
    ]);
    expect(all.map((call) => call.result === null)).toEqual([true, false, true]);
  });

  it("reports what cannot be used and goes on", async () => {
    const { steps, damage } = await read([
      { payload: {} },
      { type: "response_item", payload: "text" },
      line("response_item", { role: "user" }),
      line("response_item", { type: "function_call_output", call_id: "gone", output: "x" }),
      line("something_new", { type: "whatever" }),
      says("user", "go"),
    ]);
    expect(damage).toEqual([
      { line: 1, reason: "a line without a type" },
      { line: 2, reason: '"response_item" without a payload' },
      { line: 3, reason: "a response item without a type" },
      { line: 4, reason: "the result of a call that is not in the trace" },
    ]);
    expect(steps.map((step) => step.text)).toEqual(["go"]);
  });

  it("reports the skills that Codex was given, and a last turn that was broken off", async () => {
    const skill = "<skill>\n<name>cuda-notes</name>\n<path>/s</path>\nUse sm_90.\n</skill>";
    const { skills, facts, steps } = await read([
      says("user", skill),
      says("user", "go"),
      event("turn_aborted"),
    ]);
    expect(skills).toEqual(["cuda-notes"]);
    expect(facts).toMatchObject({ exitStatus: "turn_aborted" });
    expect(countsOf(steps).user_messages).toBe(1);
  });

  it("reads a file with a byte order mark and CRLF like any other", async () => {
    const { steps, damage } = await readFixture(readCodexRollout, "edge/bom-crlf.codex.jsonl");
    const { steps: plain } = await readFixture(readCodexRollout, transpose);
    expect(damage).toEqual([]);
    expect(countsOf(steps).tool_calls).toBeGreaterThan(0);
    expect([countsOf(plain), countsOf((await readFixture(readCodexRollout, matmul)).steps)]).toContainEqual(
      countsOf(steps),
    );
  });

  it.each([transpose, matmul])("reads the beginning of %s as the beginning of its steps", async (path) => {
    expect(await oddPrefixes(readCodexRollout, path)).toEqual([]);
  });

  it("survives any values in its lines", async () => {
    const kind = fc.constantFrom(
      "message",
      "function_call",
      "function_call_output",
      "reasoning",
      "token_count",
    );
    const type = fc.constantFrom("response_item", "event_msg", "compacted", "session_meta", "turn_context");
    const payload = fc.record(
      {
        type: fc.oneof(kind, fc.jsonValue()),
        role: fc.jsonValue(),
        content: fc.jsonValue(),
        call_id: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    const entry = fc.record({
      type: fc.oneof(type, fc.jsonValue()),
      payload: fc.oneof(payload, fc.jsonValue()),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { maxLength: 12 }), async (lines) => {
        const { steps } = await read(lines);
        expect(steps.every((step) => step.origin.line_from >= 1)).toBe(true);
      }),
    );
  });
});
