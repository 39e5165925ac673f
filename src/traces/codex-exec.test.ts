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
import { readChatMessages } from "./chat-messages.ts";
import { readCodexExec } from "./codex-exec.ts";

const argmax = "codex-exec/cuda-argmax-followup.jsonl";
const read = (lines: readonly unknown[]) => readSession(readCodexExec, sessionFileOf(jsonLines(lines)));
const item = (event: "started" | "updated" | "completed", told: object) => ({
  type: `item.${event}`,
  item: told,
});
const command = (id: string, line: string, more: object = {}) => ({
  id,
  type: "command_execution",
  command: `bash -lc '${line}'`,
  aggregated_output: "",
  exit_code: null,
  status: "in_progress",
  ...more,
});

describe("readCodexExec", () => {
  it("counts what labels.json counts", async () => {
    const { steps, facts, damage } = await readFixture(readCodexExec, argmax);
    expect({ format: "codex-exec-jsonl", ...countsOf(steps) }).toEqual(labelsOf(argmax));
    expect(facts).toEqual({ agent: "codex", sessionId: "104b9d11-96f4-7b2f-acf3-6783ed710c80" });
    expect(damage).toEqual([]);
  });

  it("reads a command once, from its start to its end", async () => {
    const { steps } = await readFixture(readCodexExec, argmax);
    expect(steps.map((step) => [step.text, step.calls.map((call) => call.kind)])).toEqual([
      ["", ["write", "shell"]],
      ["Ties pick whichever warp finishes last. Prefer the lower index.", ["edit", "shell"]],
      ["Argmax passes, including ties, 3.3x faster.", []],
    ]);
    expect(steps[0]?.calls[1]).toMatchObject({
      command: "python test_argmax.py",
      origin: { line_from: 4, line_to: 4 },
      result: {
        text: "random PASS\nties FAIL: got 77 want 3",
        exitCode: 1,
        isError: true,
        origin: { line_from: 5, line_to: 5 },
      },
    });
    expect(steps[0]?.calls[0]).toMatchObject({ paths: ["/home/dev/kernels/argmax.cu"], patch: null });
  });

  it("reads the commands that the same task has in a chat", async () => {
    const commands = (told: Awaited<ReturnType<typeof read>>["steps"]) =>
      told
        .flatMap((step) => step.calls)
        .map(({ kind, command, result }) => [
          kind,
          command,
          kind === "shell" ? result?.text : "",
          result?.isError === true,
        ]);
    const { steps: chat } = await readFixture(readChatMessages, "openai-messages/two-conversations.jsonl");
    const { steps } = await readFixture(readCodexExec, argmax);
    expect(commands(steps)).toEqual(commands(chat.filter((step) => step.conversation === 1)));
  });

  it("counts the tokens of a turn at its last step", async () => {
    const { steps } = await readFixture(readCodexExec, argmax);
    expect(steps.map((step) => step.usage)).toEqual([
      null,
      null,
      { input: 9762, cachedInput: 7808, output: 39, costUsd: null },
    ]);
  });

  it("keeps a command that never ended, and what ran beside it", async () => {
    const { steps } = await read([
      item("started", command("a", "sleep 99")),
      item("started", command("b", "ls")),
      item("completed", command("b", "ls", { aggregated_output: "x\n", exit_code: 0, status: "completed" })),
      item("completed", { id: "c", type: "agent_message", text: "Still waiting." }),
    ]);
    expect(
      steps.flatMap((step) => step.calls).map((call) => [call.command, call.result?.text ?? null]),
    ).toEqual([
      ["sleep 99", null],
      ["ls", "x"],
    ]);
    expect(steps.at(-1)?.text).toBe("Still waiting.");
  });

  it("reads a plan and a search as they ended", async () => {
    const { steps } = await read([
      item("started", { id: "p", type: "todo_list", items: [{ text: "build", completed: false }] }),
      item("started", { id: "s", type: "web_search", query: "" }),
      item("completed", { id: "s", type: "web_search", query: "warp shuffle" }),
      item("completed", { id: "p", type: "todo_list", items: [{ text: "build", completed: true }] }),
    ]);
    expect(steps[0]?.calls.map(({ kind, arguments: args }) => [kind, args])).toEqual([
      ["plan", { items: [{ text: "build", completed: true }] }],
      ["fetch", { query: "warp shuffle" }],
    ]);
  });

  it("reads what a server's tool answered, and that it failed", async () => {
    const told = {
      id: "m",
      type: "mcp_tool_call",
      server: "docs",
      tool: "read_file",
      arguments: { path: "a.md" },
    };
    const { steps } = await read([
      item("completed", {
        ...told,
        status: "completed",
        result: { content: [{ type: "text", text: "# A" }] },
      }),
      item("completed", { ...told, id: "n", status: "failed", error: { message: "no such file" } }),
    ]);
    expect(
      steps[0]?.calls.map(({ tool, kind, result }) => [tool, kind, result?.text, result?.isError]),
    ).toEqual([
      ["docs__read_file", "read", "# A", false],
      ["docs__read_file", "read", "no such file", true],
    ]);
  });

  it("tells errors as the system's words, and how the last turn ended", async () => {
    const failed = { type: "turn.failed", error: { message: "stream disconnected" } };
    const { steps, facts } = await read([{ type: "error", message: "retrying" }, failed]);
    expect(steps.map(({ source, text }) => [source, text])).toEqual([
      ["system", "retrying"],
      ["system", "stream disconnected"],
    ]);
    expect(facts.exitStatus).toBe("turn.failed");
    expect((await read([failed, { type: "turn.completed", usage: {} }])).facts.exitStatus).toBeUndefined();
  });

  it("reports what cannot be used and goes on", async () => {
    const { damage, steps } = await read([
      { item: {} },
      { type: "item.completed" },
      item("completed", { id: "a" }),
      item("completed", { id: "b", type: "new_kind" }),
      item("completed", { id: "c", type: "reasoning", text: "**Think.**" }),
    ]);
    expect(damage).toEqual([
      { line: 1, reason: "a line without a type" },
      { line: 2, reason: '"item.completed" without an item' },
      { line: 3, reason: "an item without a type" },
    ]);
    expect(steps[0]?.reasoning).toBe("**Think.**");
  });

  it("gives out calls without words in parts", async () => {
    const many = Array.from({ length: 150 }, (_, index) =>
      item("completed", command(`c${index}`, "ls", { exit_code: 0, status: "completed" })),
    );
    const { steps } = await read(many);
    expect(steps.map((step) => step.calls.length)).toEqual([64, 64, 22]);
  });

  it("reads the beginning of the lines as the beginning of the steps", async () => {
    expect(await oddPrefixes(readCodexExec, argmax)).toEqual([]);
  });

  it("survives any values in its lines", async () => {
    const type = fc.constantFrom(
      "item.started",
      "item.completed",
      "turn.completed",
      "thread.started",
      "error",
    );
    const kind = fc.constantFrom(
      "command_execution",
      "file_change",
      "mcp_tool_call",
      "todo_list",
      "agent_message",
    );
    const told = fc.record(
      {
        id: fc.constantFrom("a", "b"),
        type: kind,
        command: fc.jsonValue(),
        result: fc.jsonValue(),
        text: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    const entry = fc.record({ type, item: fc.oneof(told, fc.jsonValue()), usage: fc.jsonValue() });
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { maxLength: 12 }), async (lines) => {
        expect((await read(lines)).steps.length).toBeLessThanOrEqual(lines.length);
      }),
    );
  });
});
