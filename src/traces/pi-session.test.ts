import { expect, test } from "vitest";
import { jsonLines, readFixture, readSession, sessionFileOf } from "../../test/session-file-of.ts";
import { readPiSession } from "./pi-session.ts";

const fixture = "pi/2026-09-14T11-42-24_66d8fe92-3571-43b3-a43d-10cf399c52c2.jsonl";
const header = { type: "session", version: 3, id: "s", timestamp: "2026-09-14T11:42:00.000Z", cwd: "/w" };
const read = (entries: readonly unknown[]) =>
  readSession(readPiSession, sessionFileOf(jsonLines([header, ...entries])));
const entry = (id: string, parentId: string | null, message: unknown) => ({
  type: "message",
  id,
  parentId,
  message,
});
const user = (content: unknown) => ({ role: "user", content });
const assistant = (text: string, ...calls: [id: string, command: string][]) => ({
  role: "assistant",
  content: [
    ...(text === "" ? [] : [{ type: "text", text }]),
    ...calls.map(([id, command]) => ({ type: "toolCall", id, name: "bash", arguments: { command } })),
  ],
});
const result = (toolCallId: string, text: string, more = {}) => ({
  role: "toolResult",
  toolCallId,
  content: [{ type: "text", text }],
  isError: false,
  ...more,
});

test("reads a session with its folder, models, results and usage", async () => {
  const { steps, facts, damage } = await readFixture(readPiSession, fixture);
  expect(damage).toEqual([]);
  expect(facts).toEqual({
    variant: "version 3",
    agent: "pi",
    sessionId: "66d8fe92-3571-43b3-a43d-10cf399c52c2",
    cwd: "/home/dev/kernels",
  });
  expect(steps[1]).toMatchObject({
    timestamp: "2026-09-14T11:42:03.708Z",
    model: "claude-sonnet-4-5",
    usage: { input: 3209, cachedInput: 2567, output: 19, costUsd: 0 },
    origin: { line_from: 4, line_to: 4 },
    calls: [
      { kind: "write", paths: ["swiglu.py"], result: { isError: false, origin: { line_from: 5 } } },
      {
        result: {
          text: "RuntimeError: CUDA error: an illegal memory access was encountered",
          exitCode: 1,
          isError: true,
          origin: { line_from: 6 },
        },
      },
    ],
  });
});

test("what the person went back before is abandoned", async () => {
  const { steps } = await read([
    entry("1", null, user("one")),
    entry("2", "1", assistant("wrong", ["a", "make a"])),
    entry("3", "2", result("a", "of a")),
    entry("4", "1", assistant("right", ["b", "make b"])),
    { type: "label", id: "5", parentId: "4", targetId: "2", label: "look" },
    entry("6", "5", result("b", "of b")),
  ]);
  expect(steps.map((step) => [step.text, step.branch, step.calls[0]?.result?.text])).toEqual([
    ["one", "active", undefined],
    ["wrong", "abandoned", "of a"],
    ["right", "active", "of b"],
  ]);
});

test("a damaged line does not cut the branch off", async () => {
  const { steps } = await read([
    entry("1", null, user("one")),
    entry("3", "2", assistant("two")),
    entry("4", "3", user("three")),
  ]);
  expect(steps.map((step) => step.branch)).toEqual(["active", "active", "active"]);
});

test("summaries are copies, and entries that occur twice are told once", async () => {
  const { steps, compactions } = await read([
    entry("1", null, user("one")),
    entry("1", null, user("one")),
    { type: "compaction", id: "2", parentId: "1", summary: "We began.", firstKeptEntryId: "1" },
    { type: "branch_summary", id: "3", parentId: "2", summary: "That way was wrong." },
    { type: "custom_message", id: "4", parentId: "3", customType: "hint", content: "Use fp32." },
  ]);
  expect(compactions).toBe(1);
  expect(steps.map((step) => [step.source, step.text, step.isCopied])).toEqual([
    ["user", "one", false],
    ["system", "We began.", true],
    ["system", "That way was wrong.", true],
    ["system", "Use fp32.", false],
  ]);
});

test("a command of the person is a call of the system with its exit code", async () => {
  const bash = { role: "bashExecution", command: "make", output: "no rule", exitCode: 2, truncated: true };
  const { steps } = await read([entry("1", null, bash)]);
  expect(steps).toMatchObject([
    { source: "system", calls: [{ command: "make", result: { exitCode: 2, isError: true, isCut: true } }] },
  ]);
});

test("version 1, a list without ids, is one branch", async () => {
  const { steps } = await readSession(
    readPiSession,
    sessionFileOf(
      jsonLines([
        { type: "session", id: "s", cwd: "/w" },
        { type: "message", message: user("one") },
        { type: "message", message: assistant("two", ["a", "make"]) },
      ]),
    ),
  );
  expect(steps.map((step) => step.branch)).toEqual(["active", "active"]);
  expect(steps[1]?.calls[0]?.result).toBeNull();
});

test("reports what it cannot use", async () => {
  const { damage } = await read([
    entry("1", null, { role: "critic" }),
    entry("2", "1", result("gone", "?")),
    { id: "3", parentId: "2" },
  ]);
  expect(damage).toEqual([
    { line: 2, reason: "a message without a known role" },
    { line: 3, reason: "a result for a call that is not there" },
    { line: 4, reason: "an entry without a type" },
  ]);
});
