import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countsOf, labelsOf, readFixture, readSession, sessionFileOf } from "../../test/session-file-of.ts";
import { readOpenHandsTrajectory } from "./openhands-trajectory.ts";

const scan = "openhands/cuda-prefix-sum.json";
const read = (events: unknown) =>
  readSession(readOpenHandsTrajectory, sessionFileOf(JSON.stringify(events), "trajectory.json"));
const action = (id: number, name: string, args: object, more: object = {}) => ({
  id,
  source: "agent",
  timestamp: "2026-09-25T10:09:03.441",
  action: name,
  args,
  ...more,
});
const observation = (cause: number, name: string, content: string, more: object = {}) => ({
  id: cause + 1,
  source: "agent",
  cause,
  observation: name,
  content,
  extras: {},
  ...more,
});

describe("readOpenHandsTrajectory", () => {
  it("counts what labels.json counts", async () => {
    const { steps, facts, damage } = await readFixture(readOpenHandsTrajectory, scan);
    expect({ format: "openhands-trajectory", ...countsOf(steps) }).toEqual(labelsOf(scan));
    expect(damage).toEqual([]);
    expect(facts).toEqual({ agent: "openhands", agentVersion: "0.62.0", cwd: "/workspace" });
  });

  it("joins the actions of one answer, and gives each its own observation", async () => {
    const { steps } = await readFixture(readOpenHandsTrajectory, scan);
    expect(steps.map(({ source, calls }) => [source, calls.map((call) => call.kind)])).toEqual([
      ["system", []],
      ["user", []],
      ["agent", ["shell"]],
      ["agent", ["shell"]],
      ["agent", ["edit", "shell"]],
      ["agent", []],
    ]);
    const [edit, shell] = steps[4]?.calls ?? [];
    expect(edit).toMatchObject({
      tool: "str_replace_editor",
      paths: ["scan.cu"],
      result: { text: "The file scan.cu has been updated." },
    });
    expect(Object.keys(edit?.arguments ?? {})).toEqual([
      "path",
      "command",
      "file_text",
      "old_str",
      "new_str",
    ]);
    expect(shell?.result).toMatchObject({ exitCode: 0, isError: false });
    expect(steps[4]?.text).toMatch(/Move the guard to the value\.$/);
    expect(edit?.result?.origin.line_from).toBeGreaterThan(edit?.origin.line_to ?? Infinity);
  });

  it("counts tokens from sums over the session", async () => {
    const metrics = (prompt: number, output: number, cost: number) => ({
      llm_metrics: {
        accumulated_cost: cost,
        accumulated_token_usage: {
          prompt_tokens: prompt,
          completion_tokens: output,
          cache_read_tokens: prompt / 2,
        },
      },
    });
    const { steps } = await read([
      action(0, "run", { command: "ls" }, metrics(100, 10, 0.5)),
      observation(0, "run", "x"),
      action(2, "run", { command: "ls" }, metrics(100, 10, 0.5)),
      action(4, "message", { content: "done" }, metrics(300, 15, 1.5)),
    ]);
    expect(steps.map((step) => step.usage)).toEqual([
      { input: 100, cachedInput: 50, output: 10, costUsd: 0.5 },
      null,
      { input: 200, cachedInput: 100, output: 5, costUsd: 1 },
    ]);
  });

  it("knows an action that was refused, one that still runs and one that was never answered", async () => {
    const { steps } = await read([
      action(0, "run", { command: "rm x" }),
      observation(0, "user_rejected", "Rejected."),
      action(2, "run", { command: "sleep 99" }),
      observation(2, "run", "…", { extras: { metadata: { exit_code: -1 } }, success: true }),
      action(4, "run", { command: "ls" }),
    ]);
    expect(
      steps.flatMap((step) => step.calls).map(({ result }) => result && [result.exitCode, result.isError]),
    ).toEqual([[null, true], [null, null], null]);
  });

  it("reads calls of a server's tools, condensations and how the agent ended", async () => {
    const { steps, compactions, facts } = await read([
      action(0, "call_tool_mcp", { name: "read_file", arguments: { path: "a.md" }, thought: "look" }),
      observation(0, "mcp", "# A"),
      action(2, "condensation", { summary: "So far." }),
      observation(9, "agent_state_changed", "", { extras: { agent_state: "finished" } }),
    ]);
    expect(steps).toMatchObject([
      {
        text: "look",
        calls: [{ tool: "read_file", kind: "read", paths: ["a.md"], result: { text: "# A" } }],
      },
      { source: "system", text: "So far.", isCopied: true },
    ]);
    expect([compactions, facts.exitStatus]).toEqual([1, "finished"]);
  });

  it("survives any values in its document", async () => {
    const known = fc.record(
      {
        id: fc.nat(3),
        cause: fc.oneof(fc.nat(3), fc.jsonValue()),
        action: fc.constantFrom("run", "edit", "message", "finish", "system"),
        observation: fc.constantFrom("run", "error", "agent_state_changed"),
        args: fc.jsonValue(),
        extras: fc.jsonValue(),
        content: fc.jsonValue(),
        llm_metrics: fc.jsonValue(),
        tool_call_metadata: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(known, fc.jsonValue()), { maxLength: 12 }), async (events) => {
        expect((await read(events)).steps.length).toBeLessThanOrEqual(events.length);
      }),
    );
    expect((await read("text")).steps).toEqual([]);
  });
});
