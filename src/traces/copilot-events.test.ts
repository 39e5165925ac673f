import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  countsOf,
  jsonLines,
  labelsOf,
  oddPrefixes,
  readFixture,
  readSession,
  sessionFileOf,
} from "../../test/session-file-of.ts";
import { readCopilotEvents } from "./copilot-events.ts";

const kernel = "copilot-cli/b6320259-823e-4ca1-a493-dd1d58342d03/events.jsonl";
const read = (lines: readonly unknown[]) => readSession(readCopilotEvents, sessionFileOf(jsonLines(lines)));
const event = (type: string, data: object, more: object = {}) => ({
  type,
  data,
  id: "e",
  parentId: null,
  timestamp: "2026-09-14T13:54:01.086Z",
  ...more,
});
const asks = (id: string, name: string, args: unknown, more: object = {}) =>
  event("assistant.message", {
    content: "",
    toolRequests: [{ toolCallId: id, name, arguments: args }],
    ...more,
  });
const ends = (id: string, success: boolean, content: string) =>
  event("tool.execution_complete", { toolCallId: id, success, result: { content } });

describe("readCopilotEvents", () => {
  it("counts what labels.json counts", async () => {
    const { steps, facts, damage } = await readFixture(readCopilotEvents, kernel);
    expect({ format: "copilot-events", ...countsOf(steps) }).toEqual(labelsOf(kernel));
    expect(damage).toEqual([]);
    expect(facts).toEqual({
      agent: "copilot",
      agentVersion: "1.0.71",
      sessionId: "b6320259-823e-4ca1-a493-dd1d58342d03",
      cwd: "/home/dev/kernels",
    });
  });

  it("takes the person's words without the reminders that were added to them", async () => {
    const { steps } = await readFixture(readCopilotEvents, kernel);
    expect(steps[0]).toMatchObject({
      source: "user",
      text: expect.stringMatching(/^Create a kernel .* on an H100\.$/),
    });
  });

  it("tells a failing command by its exit code, whatever Copilot says of its success", async () => {
    const { steps } = await readFixture(readCopilotEvents, kernel);
    expect(steps[2]?.calls[3]).toMatchObject({
      command: "make build && pytest -q tests",
      origin: { line_from: 9, line_to: 9 },
      result: {
        text: "E   AttributeError: '_OpNamespace' 'silu_mul' object has no attribute 'silu_mul'\n3 failed",
        exitCode: 1,
        isError: true,
        origin: { line_from: 17, line_to: 17 },
      },
    });
    expect(steps[2]?.calls[0]).toMatchObject({
      kind: "write",
      paths: ["build.toml"],
      result: { isError: false },
    });
  });

  it("reads the reason why a call was not carried out", async () => {
    const { steps } = await read([
      asks("a", "bash", { command: "rm -rf /" }),
      event("tool.execution_complete", {
        toolCallId: "a",
        success: false,
        error: { message: "denied", code: "denied" },
      }),
    ]);
    expect(steps[0]?.calls[0]?.result).toMatchObject({ text: "denied", isError: true, exitCode: null });
  });

  it("reads a call that no message asked for", async () => {
    const { steps } = await read([
      event("tool.execution_start", { toolCallId: "a", toolName: "bash", arguments: { command: "ls" } }),
      ends("a", true, "x\n<exited with exit code 0>"),
    ]);
    expect(steps.map((step) => step.calls.map((call) => [call.command, call.result?.text]))).toEqual([
      [["ls", "x"]],
    ]);
  });

  it("names sub-agents, and tells their work apart", async () => {
    const { steps } = await read([
      event("user.message", { content: "go" }),
      asks("t", "task", { prompt: "look" }),
      event("subagent.started", { toolCallId: "t", agentName: "explore" }),
      asks("s", "grep", { pattern: "x" }, { parentToolCallId: "t" }),
      ends("s", true, "a.cu:1:x"),
      ends("t", true, "found"),
    ]);
    expect(steps.map(({ subagent, calls }) => [subagent, calls.map((call) => call.result?.text)])).toEqual([
      [null, []],
      [null, ["found"]],
      ["explore", ["a.cu:1:x"]],
    ]);
  });

  it("reports skills, compactions and the end of the task", async () => {
    const { skills, compactions, steps, facts } = await read([
      event("skill.invoked", { name: "cuda", path: "/s", content: "…" }),
      event("session.compaction_complete", { success: true, summaryContent: "So far: it builds." }),
      event("session.task_complete", { success: true, summary: "done" }),
    ]);
    expect([skills, compactions, facts.exitStatus]).toEqual([["cuda"], 1, "task_complete"]);
    expect(steps).toMatchObject([{ source: "system", text: "So far: it builds.", isCopied: true }]);
  });

  it("takes for the system's what a skill or a command wrote as a user", async () => {
    const { steps } = await read([
      event("user.message", { content: "<reminder>no tables</reminder>\nBuild it.", source: "user" }),
      event("user.message", { content: "Skill text", source: "skill-cuda" }),
    ]);
    expect(steps.map(({ source, text }) => [source, text])).toEqual([
      ["system", "<reminder>no tables</reminder>"],
      ["user", "Build it."],
      ["system", "Skill text"],
    ]);
  });

  it("reports what cannot be used and goes on", async () => {
    const { damage, steps } = await read([
      { data: {} },
      { type: "user.message" },
      ends("gone", true, "x"),
      event("session.idle", {}),
      event("user.message", { content: "go" }),
    ]);
    expect(damage).toEqual([
      { line: 1, reason: "an event without a type" },
      { line: 2, reason: '"user.message" without data' },
      { line: 3, reason: "the result of a call that is not in the trace" },
    ]);
    expect(steps.map((step) => step.text)).toEqual(["go"]);
  });

  it("reads the beginning of the lines as the beginning of the steps", async () => {
    expect(await oddPrefixes(readCopilotEvents, kernel)).toEqual([]);
  });

  it("survives any values in its lines", async () => {
    const type = fc.constantFrom(
      "session.start",
      "user.message",
      "assistant.message",
      "tool.execution_start",
      "tool.execution_complete",
      "subagent.started",
    );
    const data = fc.record(
      {
        toolCallId: fc.constantFrom("a", "b"),
        content: fc.jsonValue(),
        toolRequests: fc.jsonValue(),
        result: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    const entry = fc.record({ type, data: fc.oneof(data, fc.jsonValue()), timestamp: fc.jsonValue() });
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { maxLength: 12 }), async (lines) => {
        const { steps } = await read(lines);
        expect(steps.every((step) => step.source === "agent" || step.text !== "")).toBe(true);
      }),
    );
  });
});
