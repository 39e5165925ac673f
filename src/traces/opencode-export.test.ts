import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countsOf, labelsOf, readFixture, readSession, sessionFileOf } from "../../test/session-file-of.ts";
import { readOpencodeExport } from "./opencode-export.ts";

const conv = "opencode/ses_e7c2952e3b10683b0e26445771.json";
const read = (document: unknown) =>
  readSession(readOpencodeExport, sessionFileOf(JSON.stringify(document), "ses.json"));
const message = (role: string, parts: unknown[], info: object = {}) => ({
  info: { id: role, role, ...info },
  parts,
});
const tool = (name: string, state: object) => ({ type: "tool", callID: "c", tool: name, state });

describe("readOpencodeExport", () => {
  it("counts what labels.json counts", async () => {
    const { steps, facts, damage } = await readFixture(readOpencodeExport, conv);
    expect({ format: "opencode-export", ...countsOf(steps) }).toEqual(labelsOf(conv));
    expect(damage).toEqual([]);
    expect(facts).toEqual({
      agent: "opencode",
      agentVersion: "1.18.2",
      sessionId: "ses_e7c2952e3b10683b0e26445771",
      cwd: "/home/dev/kernels",
    });
  });

  it("reads a message with its words, calls, tokens and lines", async () => {
    const { steps } = await readFixture(readOpencodeExport, conv);
    expect(steps[3]).toMatchObject({
      source: "agent",
      timestamp: "2026-09-20T07:49:17.019Z",
      model: "claude-sonnet-4-5",
      text: "Only the first three columns: reads left of zero.",
      usage: { input: 3313, cachedInput: 2650, output: 12, costUsd: 0 },
    });
    const [write, shell] = steps[1]?.calls ?? [];
    expect(write).toMatchObject({ kind: "write", paths: ["conv.py"], result: { isError: false } });
    expect(shell).toMatchObject({
      kind: "shell",
      command: "pytest -q test_conv.py",
      result: { exitCode: 1, isError: true, durationMs: 11_907 },
    });
    expect(steps[1]?.origin.line_from).toBeLessThan(write?.origin.line_from ?? 0);
    expect(write?.origin.line_to).toBeLessThan(shell?.origin.line_from ?? 0);
    expect(shell?.origin.line_to).toBeLessThanOrEqual(steps[1]?.origin.line_to ?? 0);
  });

  it("marks what the person reverted as abandoned", async () => {
    const { steps } = await read({
      info: { id: "ses_1", revert: { messageID: "m2" } },
      messages: [
        message("user", [{ type: "text", text: "one" }], { id: "m1" }),
        message("user", [{ type: "text", text: "two" }], { id: "m2" }),
        message("assistant", [{ type: "text", text: "three" }], { id: "m3" }),
      ],
    });
    expect(steps.map(({ text, branch }) => [text, branch])).toEqual([
      ["one", "active"],
      ["two", "abandoned"],
      ["three", "abandoned"],
    ]);
  });

  it("tells synthetic text, errors and summaries from what was said", async () => {
    const { steps, compactions } = await read({
      info: { id: "ses_1" },
      messages: [
        message("user", [
          { type: "text", text: "go" },
          { type: "text", text: "Called the Read tool", synthetic: true },
        ]),
        message("assistant", [{ type: "reasoning", text: "hm" }], {
          error: { name: "APIError", data: { message: "overloaded" } },
        }),
        message("user", [{ type: "compaction", auto: true }]),
        message("assistant", [{ type: "text", text: "So far." }], { summary: true }),
      ],
    });
    expect(steps.map(({ source, text, reasoning, isCopied }) => [source, text, reasoning, isCopied])).toEqual(
      [
        ["system", "Called the Read tool", "", false],
        ["user", "go", "", false],
        ["agent", "", "hm", false],
        ["system", "overloaded", "", false],
        ["agent", "So far.", "", true],
      ],
    );
    expect(compactions).toBe(1);
  });

  it("leaves a running call open, and reads the error of one that failed", async () => {
    const { steps } = await read({
      info: { id: "ses_1", parentID: "ses_0" },
      messages: [
        message(
          "assistant",
          [
            tool("bash", { status: "running", input: { command: "sleep 99" } }),
            tool("edit", { status: "error", input: { filePath: "a" }, error: "oldString not found" }),
            tool("bash", {
              status: "completed",
              input: { command: "ls" },
              output: "x",
              metadata: { exit: 0 },
            }),
          ],
          { agent: "explore" },
        ),
      ],
    });
    expect(steps[0]?.subagent).toBe("explore");
    expect(steps[0]?.calls.map(({ result }) => result && [result.text, result.isError])).toEqual([
      null,
      ["oldString not found", true],
      ["x", false],
    ]);
  });

  it("survives any values in its document", async () => {
    const part = fc.record(
      {
        type: fc.constantFrom("text", "tool", "reasoning"),
        text: fc.jsonValue(),
        state: fc.jsonValue(),
        tool: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    const info = fc.record({
      role: fc.constantFrom("user", "assistant"),
      tokens: fc.jsonValue(),
      error: fc.jsonValue(),
    });
    const entry = fc.oneof(
      fc.jsonValue(),
      fc.record({ info, parts: fc.array(fc.oneof(part, fc.jsonValue())) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), fc.array(entry, { maxLength: 5 }), async (told, messages) => {
        const { steps, damage } = await read({ info: told, messages });
        expect(damage.length).toBeLessThanOrEqual(messages.length);
        expect(steps.length).toBeLessThanOrEqual(2 * messages.length);
      }),
    );
    expect((await readSession(readOpencodeExport, sessionFileOf("[1"))).steps).toEqual([]);
  });
});
