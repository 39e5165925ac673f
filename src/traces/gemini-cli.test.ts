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
import { sha256 } from "../digest.ts";
import { readGeminiCli } from "./gemini-cli.ts";

const swiglu = "gemini-cli/session-2026-09-14T08-00-45600551.jsonl";
const read = (lines: readonly unknown[]) => readSession(readGeminiCli, sessionFileOf(jsonLines(lines)));
const session = { sessionId: "s", projectHash: "h", kind: "main" };
const user = (id: string, text: string) => ({ id, type: "user", content: [{ text }] });
const gemini = (id: string, text: string, more: object = {}) => ({
  id,
  type: "gemini",
  content: text,
  ...more,
});
const call = (id: string, name: string, args: object, output?: string, status = "success") => ({
  id,
  name,
  args,
  status,
  ...(output === undefined ? {} : { result: [{ functionResponse: { id, name, response: { output } } }] }),
});
const told = (steps: Awaited<ReturnType<typeof read>>["steps"]) =>
  steps.map(({ text, branch, isCopied }) => [text, isCopied ? "copied" : branch]);

describe("readGeminiCli", () => {
  it("counts what labels.json counts", async () => {
    const { steps, damage, facts } = await readFixture(readGeminiCli, swiglu);
    expect({ format: "gemini-cli", ...countsOf(steps) }).toEqual(labelsOf(swiglu));
    expect(damage).toEqual([]);
    expect(facts).toEqual({ agent: "gemini-cli", sessionId: "45600551-1575-4f64-a2dc-c9608b5d75b2" });
  });

  it("reads a message that grew once, with all its lines", async () => {
    const { steps } = await readFixture(readGeminiCli, swiglu);
    expect(steps[2]).toMatchObject({
      source: "agent",
      model: "gemini-3-pro",
      usage: { input: 3209, cachedInput: 2567, output: 19, costUsd: null },
      origin: { file: swiglu, line_from: 6, line_to: 7 },
    });
    expect(steps[2]?.calls[1]).toMatchObject({
      kind: "shell",
      command: "python t.py --n 100003",
      result: {
        text: "RuntimeError: CUDA error: an illegal memory access was encountered",
        exitCode: 1,
        isError: true,
        origin: { line_from: 7, line_to: 7 },
      },
    });
  });

  it("marks what the person went back before as abandoned", async () => {
    const { steps } = await readFixture(readGeminiCli, swiglu);
    expect(steps.filter((step) => step.branch === "abandoned").map((step) => step.text)).toEqual([
      "Never mind, write it in plain PyTorch.",
    ]);
    const { steps: all } = await read([
      session,
      user("a", "one"),
      gemini("b", "two"),
      { $rewindTo: "?" },
      user("a", "new"),
    ]);
    expect(told(all)).toEqual([
      ["one", "abandoned"],
      ["two", "abandoned"],
      ["new", "active"],
    ]);
  });

  it("takes a history that only grew shorter for a way back", async () => {
    const { steps, compactions } = await read([
      session,
      user("a", "one"),
      gemini("b", "two"),
      user("c", "three"),
      { $set: { messages: [user("a", "one")] } },
      user("d", "four"),
    ]);
    expect(told(steps)).toEqual([
      ["one", "active"],
      ["two", "abandoned"],
      ["three", "abandoned"],
      ["four", "active"],
    ]);
    expect(compactions).toBe(0);
  });

  it("takes a history that was replaced by a summary for a compaction", async () => {
    const { steps, compactions } = await read([
      session,
      user("a", "one"),
      gemini("b", "two"),
      { $set: { messages: [user("sum", "So far: two."), gemini("b", "[masked]")] } },
      user("c", "three"),
    ]);
    expect(told(steps)).toEqual([
      ["one", "active"],
      ["two", "active"],
      ["So far: two.", "copied"],
      ["three", "active"],
    ]);
    expect(compactions).toBe(1);
  });

  it("reads a history that the file holds nowhere else", async () => {
    const { steps, compactions } = await read([
      session,
      { $set: { messages: [user("a", "one"), gemini("b", "two")] } },
    ]);
    expect(told(steps)).toEqual([
      ["one", "active"],
      ["two", "active"],
    ]);
    expect(compactions).toBe(0);
  });

  it("reads the one document of older versions like the lines", async () => {
    const records = fixtureText(swiglu)
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const last = new Map(records.filter((record) => "id" in record).map((record) => [record["id"], record]));
    const messages = [...last.values()].filter((message) => !JSON.stringify(message).includes("Never mind"));
    const document = JSON.stringify({ ...records[0], messages }, null, 2);
    const { steps } = await readSession(readGeminiCli, sessionFileOf(document, "session.json"));
    const { steps: lines } = await readFixture(readGeminiCli, swiglu);
    const plain = (step: (typeof steps)[number]) => ({
      ...step,
      origin: null,
      calls: step.calls.map((made) => ({ ...made, origin: null, result: { ...made.result, origin: null } })),
    });
    expect(steps.map(plain)).toEqual(lines.filter((step) => step.branch === "active").map(plain));
  });

  it("leaves a call open that has no answer, and knows one that was not carried out", async () => {
    const { steps } = await read([
      session,
      gemini("a", "", {
        toolCalls: [
          call("1", "run_shell_command", { command: "sleep 99" }, undefined, "executing"),
          call("2", "run_shell_command", { command: "rm x" }, undefined, "cancelled"),
          {
            ...call("3", "read_file", { absolute_path: "/w/a" }, undefined, "error"),
            resultDisplay: "File not found",
          },
        ],
      }),
    ]);
    expect(steps[0]?.calls.map(({ result }) => result && [result.text, result.isError])).toEqual([
      null,
      ["", true],
      ["File not found", true],
    ]);
  });

  it("names files from the folder whose hash the session tells", async () => {
    const { steps } = await read([
      { ...session, projectHash: sha256("/home/dev/kernels") },
      gemini("a", "", {
        toolCalls: [call("1", "read_file", { absolute_path: "/home/dev/kernels/src/a.cu" }, "x")],
      }),
    ]);
    expect(steps[0]?.calls[0]?.paths).toEqual(["src/a.cu"]);
  });

  it("tells thoughts, notes and what the person saw apart", async () => {
    const { steps } = await read([
      session,
      { ...user("a", "@a.cu expanded: …"), displayContent: [{ text: "look at @a.cu" }] },
      gemini("b", "", {
        content: [{ text: "hm", thought: true }, { text: "It is fine." }],
        thoughts: [{ subject: "Reading", description: "the file" }],
      }),
      { id: "c", type: "error", content: "quota exceeded" },
      { id: "d", type: "user", content: [{ functionResponse: { name: "x", response: {} } }] },
    ]);
    expect(steps.map(({ source, text, reasoning }) => [source, text, reasoning])).toEqual([
      ["user", "look at @a.cu", ""],
      ["agent", "It is fine.", "Reading: the file\nhm"],
      ["system", "quota exceeded", ""],
    ]);
  });

  it("marks the session of a sub-agent", async () => {
    const { steps } = await read([
      { ...session, kind: "subagent" },
      user("a", "explore"),
      gemini("b", "done"),
    ]);
    expect(steps.map(({ source, subagent }) => [source, subagent])).toEqual([
      ["system", "s"],
      ["agent", "s"],
    ]);
  });

  it("reports what cannot be used and goes on", async () => {
    const { damage, steps } = await read([session, { type: "user", content: "no id" }, user("a", "go")]);
    expect(damage).toEqual([{ line: 2, reason: "neither a message nor a change of the session" }]);
    expect(steps.map((step) => step.text)).toEqual(["go"]);
  });

  it("gives out messages without waiting for the end of a long session", async () => {
    const lines = [session, ...Array.from({ length: 100 }, (_, index) => user(`u${index}`, `${index}`))];
    let readLines = 0;
    const file = sessionFileOf(jsonLines(lines));
    const counted = {
      ...file,
      async *lines() {
        readLines = 0;
        for await (const line of file.lines()) {
          readLines += 1;
          yield line;
        }
      },
    };
    const sink = { facts: () => {}, damage: () => {}, skill: () => {}, compaction: () => {} };
    for await (const step of readGeminiCli(counted, sink)) {
      expect(readLines - Number(step.text)).toBeLessThanOrEqual(20);
    }
    expect(readLines).toBe(101);
  });

  it("reads the beginning of the lines as the beginning of the steps", async () => {
    expect(await oddPrefixes(readGeminiCli, swiglu)).toEqual([]);
  });

  it("survives any values in its lines", async () => {
    const id = fc.constantFrom("a", "b", "c");
    const message = fc.record(
      {
        id,
        type: fc.oneof(fc.constantFrom("user", "gemini"), fc.jsonValue()),
        content: fc.jsonValue(),
        toolCalls: fc.jsonValue(),
        thoughts: fc.jsonValue(),
      },
      { requiredKeys: ["id"] },
    );
    const entry = fc.oneof(
      message,
      fc.record({ $rewindTo: id }),
      fc.record({
        $set: fc.oneof(fc.jsonValue(), fc.record({ messages: fc.array(message, { maxLength: 3 }) })),
      }),
      fc.dictionary(fc.string(), fc.jsonValue()),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { maxLength: 12 }), async (lines) => {
        const { steps } = await read([session, ...lines]);
        expect(steps.every((step) => step.origin.line_to >= step.origin.line_from)).toBe(true);
      }),
    );
  });
});
