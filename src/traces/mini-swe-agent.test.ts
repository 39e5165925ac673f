import { expect, test } from "vitest";
import { readFixture, readSession, sessionFileOf } from "../../test/session-file-of.ts";
import { readMiniSweAgent } from "./mini-swe-agent.ts";

const read = (messages: readonly unknown[], info = {}) =>
  readSession(
    readMiniSweAgent,
    sessionFileOf(JSON.stringify({ info, messages, trajectory_format: "mini-swe-agent-1.1" })),
  );

test("only the first message of the user is the person's", async () => {
  const { steps, facts } = await readFixture(readMiniSweAgent, "swe-agent/triton-int8-gemm.traj.json");
  expect(facts).toEqual({
    variant: "mini-swe-agent-1.1",
    agent: "mini-swe-agent",
    agentVersion: "2.2.0",
    exitStatus: "Submitted",
  });
  expect(steps.map((step) => step.source)).toEqual(["system", "user", "agent", "agent", "agent", "agent"]);
});

test("takes commands out of the words, and the last one, which does nothing, for no call", async () => {
  const { steps } = await readFixture(readMiniSweAgent, "swe-agent/triton-int8-gemm.traj.json");
  expect(steps.slice(2).map((step) => [step.text, step.calls.map((call) => call.result?.exitCode)])).toEqual([
    ["", [1]],
    ["int8 dot needs K of 32 or more.", [1]],
    ["The accumulator must be int32, the scale applied in fp32 at the end.", [0]],
    ["int8 GEMM passes, 1.7x over fp16.", []],
  ]);
  expect(steps[3]).toMatchObject({
    model: "openai/gpt-5-mini",
    timestamp: "2026-09-25T03:41:18.112Z",
    calls: [{ result: { text: "max abs err 812.0 FAIL (saturated)", isError: true } }],
  });
});

test("reads commands from a fence alone, and real tool calls", async () => {
  const { steps } = await read([
    { role: "user", content: "task" },
    { role: "assistant", content: "First.\n\n```bash\nmake\nls\n```\n" },
    { role: "user", content: "<returncode>0</returncode>\n<output>\nfine\n</output>" },
    {
      role: "assistant",
      content: "Now.",
      tool_calls: [
        { id: "a", function: { name: "bash", arguments: '{"command": "make a"}' } },
        { id: "b", function: { name: "bash", arguments: '{"command": "make b"}' } },
      ],
      extra: {
        actions: [{ command: "make a" }, { command: "make b" }],
        response: { usage: { prompt_tokens: 9, completion_tokens: 3 } },
      },
    },
    { role: "tool", tool_call_id: "b", content: "of b", extra: { returncode: 2 } },
    { role: "tool", tool_call_id: "a", content: "of a", extra: { returncode: 0 } },
  ]);
  expect(steps.slice(1).map((step) => step.text)).toEqual(["First.", "Now."]);
  expect(
    steps.flatMap((step) =>
      step.calls.map((call) => [call.command, call.result?.text, call.result?.exitCode]),
    ),
  ).toEqual([
    ["make\nls", "fine", 0],
    ["make a", "of a", 0],
    ["make b", "of b", 2],
  ]);
  expect(steps[2]?.usage).toEqual({ input: 9, cachedInput: 0, output: 3, costUsd: null });
});

test("keeps what the harness says between commands as the system's words", async () => {
  const { steps } = await read([
    { role: "user", content: "task" },
    { role: "assistant", content: "Hm." },
    { role: "user", content: "Please always provide exactly one action." },
    { role: "assistant", content: "```mswea_bash_command\nmake\n```" },
  ]);
  expect(steps.map((step) => step.source)).toEqual(["user", "agent", "system", "agent"]);
  expect(steps[3]?.calls[0]).toMatchObject({ command: "make", result: null });
});
