import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countsOf, jsonLines, readFixture, readSession, sessionFileOf } from "../../test/session-file-of.ts";
import { openEventFolder } from "./event-folder.ts";
import { readOpenHandsConversation } from "./openhands-conversation.ts";
import { readOpenHandsTrajectory } from "./openhands-trajectory.ts";

const read = (events: readonly unknown[]) =>
  readSession(readOpenHandsConversation, sessionFileOf(jsonLines(events)));
const event = (kind: string, id: string, more: object = {}) => ({ kind, id, source: "agent", ...more });
const person = (id: string, text: string, more: object = {}) =>
  event("MessageEvent", id, {
    source: "user",
    llm_message: { role: "user", content: [{ type: "text", text }] },
    ...more,
  });
const runs = (id: string, command: string, more: object = {}) =>
  event("ActionEvent", id, {
    thought: [],
    action: { kind: "TerminalAction", command },
    tool_name: "terminal",
    tool_call_id: `call-${id}`,
    llm_response_id: `answer-${id}`,
    ...more,
  });

const scan = "openhands-conversation/5b0f7c1e2d9a4c53b6a80d1f93c7e244";

/** The conversation in the folder `test/fixtures/traces/openhands-conversation`. */
async function readScan() {
  const fixtures = join(import.meta.dirname, "../../test/fixtures/traces");
  const file = await openEventFolder(fixtures, scan, (line, reason) => {
    throw new Error(`event ${line}: ${reason}`);
  });
  return readSession(readOpenHandsConversation, file);
}

describe("readOpenHandsConversation", () => {
  it("reads the calls of the active branch with their results", async () => {
    const { steps, facts, damage, skills, compactions } = await readScan();
    expect(countsOf(steps)).toEqual({ user_messages: 1, tool_calls: 4, failed_tool_calls: 2 });
    expect([facts, damage, skills, compactions]).toEqual([
      { agent: "openhands", cwd: "/workspace" },
      [],
      ["cuda"],
      1,
    ]);
    const active = steps.filter((step) => step.branch === "active" && step.source === "agent");
    expect(active.map(({ text, calls }) => [text.slice(0, 20), calls.map((call) => call.kind)])).toEqual([
      ["", ["shell"]],
      ["The card is sm_90.", ["shell"]],
      ["The shuffle sits ins", ["edit", "shell"]],
      ["The scan is right fo", []],
    ]);
    expect(active[2]).toMatchObject({
      reasoning: "if (i < n) around __shfl_up_sync with full mask.",
      calls: [
        { tool: "file_editor", paths: ["scan.cu"], result: { isError: false } },
        {
          command: "nvcc -O3 -arch=sm_90 scan.cu test.cu -o t && ./t",
          result: { exitCode: 0, isError: false },
        },
      ],
    });
    expect(active[2]?.origin).toEqual({ file: `${scan}/events`, line_from: 10, line_to: 11 });
    expect(Object.keys(active[2]?.calls[1]?.arguments ?? {})).toEqual(["command"]);
  });

  it("reads the calls that the same task has in a V0 trajectory", async () => {
    const { steps: older } = await readFixture(readOpenHandsTrajectory, "openhands/cuda-prefix-sum.json");
    const { steps } = await readScan();
    const calls = (told: typeof steps) =>
      told
        .filter((step) => step.branch === "active")
        .flatMap((step) => step.calls)
        .map(({ kind, command, patch, paths, result }) => [
          kind,
          command,
          patch,
          paths,
          result?.text,
          result?.exitCode,
        ]);
    expect(calls(steps)).toEqual(calls(older));
  });

  it("marks the branch that the person left as abandoned", async () => {
    const { steps } = await readScan();
    const left = steps.filter((step) => step.branch === "abandoned");
    expect(left.map((step) => step.calls.map((call) => call.command))).toEqual([["pip install nvidia-cccl"]]);
  });

  it("tells what a skill added to the person's words, summaries and errors as the system's", async () => {
    const { steps, facts } = await read([
      person("a", "go", { extended_content: [{ type: "text", text: "Skill: use sm_90." }] }),
      person("b", "from an agent", { sender: "planner" }),
      event("CondensationSummaryEvent", "c", { summary: "So far." }),
      event("ConversationErrorEvent", "d", { code: "MaxIterations", detail: "500 steps" }),
    ]);
    expect(steps.map(({ source, text, isCopied }) => [source, text, isCopied])).toEqual([
      ["user", "go", false],
      ["system", "Skill: use sm_90.", false],
      ["system", "from an agent", false],
      ["system", "So far.", true],
      ["system", "500 steps", false],
    ]);
    expect(facts.exitStatus).toBe("MaxIterations");
  });

  it("knows calls that were refused, failed before they ran, still run or have no answer", async () => {
    const answer = { tool_name: "terminal" };
    const { steps } = await read([
      runs("a", "rm x"),
      event("UserRejectObservation", "a2", { ...answer, tool_call_id: "call-a", rejection_reason: "No." }),
      runs("b", "", { action: null, tool_call: { arguments: "{bad" } }),
      event("AgentErrorEvent", "b2", { ...answer, tool_call_id: "call-b", error: "Cannot parse arguments" }),
      runs("c", "sleep 99"),
      event("ObservationEvent", "c2", { ...answer, tool_call_id: "call-c", observation: { exit_code: -1 } }),
      runs("d", "ls"),
    ]);
    const all = steps.flatMap((step) => step.calls);
    expect(all.map(({ result }) => result && [result.text, result.exitCode, result.isError])).toEqual([
      ["No.", null, true],
      ["Cannot parse arguments", null, true],
      ["", null, null],
      null,
    ]);
    expect(all[1]?.arguments).toEqual({ input: "{bad" });
  });

  it("keeps the history from before there was a tree", async () => {
    const { steps } = await read([
      person("a", "one"),
      person("b", "two"),
      person("c", "three", { parent_id: "__root__" }),
      person("d", "left", { parent_id: "c" }),
      person("e", "four", { parent_id: "c" }),
    ]);
    expect(steps.map(({ text, branch }) => [text, branch])).toEqual([
      ["one", "active"],
      ["two", "active"],
      ["three", "active"],
      ["left", "abandoned"],
      ["four", "active"],
    ]);
  });

  it("knows that the person began anew", async () => {
    const { steps } = await read([
      person("a", "one", { parent_id: "__root__" }),
      person("b", "two", { parent_id: "__root__" }),
      person("c", "three", { parent_id: "b" }),
    ]);
    expect(steps.map(({ branch }) => branch)).toEqual(["abandoned", "active", "active"]);
  });

  it("ends at a loop of parents", async () => {
    const { steps } = await read([
      person("a", "one", { parent_id: "b" }),
      person("b", "two", { parent_id: "a" }),
    ]);
    expect(steps.map(({ branch }) => branch)).toEqual(["active", "active"]);
  });

  it("reports what cannot be used and goes on", async () => {
    const { damage, steps } = await read([
      { id: "a" },
      event("ObservationEvent", "b", { tool_name: "terminal", tool_call_id: "gone", observation: {} }),
      event("TokenEvent", "c"),
      person("d", "go"),
    ]);
    expect(damage).toEqual([
      { line: 1, reason: "an event without a kind" },
      { line: 2, reason: "the result of a call that is not in the trace" },
    ]);
    expect(steps.map((step) => step.text)).toEqual(["go"]);
  });

  it("survives any values in its events", async () => {
    const known = fc.record(
      {
        kind: fc.constantFrom(
          "MessageEvent",
          "ActionEvent",
          "ObservationEvent",
          "SystemPromptEvent",
          "Condensation",
        ),
        id: fc.constantFrom("a", "b", "c"),
        parent_id: fc.constantFrom("a", "b", "c", "__root__", null),
        tool_call_id: fc.constantFrom("x", "y"),
        llm_message: fc.jsonValue(),
        thought: fc.jsonValue(),
        action: fc.jsonValue(),
        tool_call: fc.jsonValue(),
        observation: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(known, { maxLength: 12 }), async (events) => {
        const { steps } = await read(events);
        expect(steps.every((step) => step.source === "agent" || step.text !== "")).toBe(true);
      }),
    );
  });
});
