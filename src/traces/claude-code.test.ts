import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readClaudeCode } from "./claude-code.ts";
import { openSessionFile } from "./session-file.ts";
import type { SessionFacts, SessionTotals, Step } from "./session.ts";

const folder = mkdtempSync(join(tmpdir(), "claude-code-"));
const agents = join(import.meta.dirname, "../../test/fixtures/agents");

interface Line {
  id: string;
  parent?: string | null;
  type?: string;
  content?: unknown;
  message?: string;
  more?: object;
}

/** Lines of a log, each the child of the one before where nothing else is said. */
async function read(...lines: Line[]): Promise<{ steps: Step[]; skills: string[]; compactions: number }> {
  let last: string | null = null;
  const text = lines.map(({ id, parent, type = "user", content = "", message, more }) => {
    const entry = {
      type,
      uuid: id,
      parentUuid: parent === undefined ? last : parent,
      sessionId: "s",
      version: "2.1",
      cwd: "/w",
      isSidechain: false,
      message: {
        role: type,
        content,
        ...(message === undefined
          ? {}
          : { id: message, usage: { input_tokens: 1, output_tokens: id.length } }),
      },
      ...more,
    };
    last = id;
    return `${JSON.stringify(entry)}\n`;
  });
  writeFileSync(join(folder, "t.jsonl"), text.join(""));
  const file = await openSessionFile(folder, "t.jsonl", () => undefined);
  const found = { steps: [] as Step[], skills: [] as string[], compactions: 0 };
  const sink = {
    facts() {},
    damage() {},
    skill: (name: string) => void found.skills.push(name),
    compaction: () => void (found.compactions += 1),
  };
  for await (const step of readClaudeCode(file, sink)) found.steps.push(step);
  return found;
}

const call = (id: string, name = "Bash", input: object = { command: id }) => ({
  type: "tool_use",
  id,
  name,
  input,
});
const answer = (id: string, text: string) => ({ type: "tool_result", tool_use_id: id, content: text });
const told = (steps: readonly Step[]) => steps.map((step) => [step.source, step.text, step.branch]);

describe("a message of several lines", () => {
  test("is one step with its last usage, also where results come between", async () => {
    const { steps } = await read(
      { id: "a", content: "go" },
      { id: "b", type: "assistant", message: "m", content: [{ type: "text", text: "both" }] },
      { id: "c", type: "assistant", message: "m", content: [call("one")] },
      { id: "d", content: [answer("one", "1")] },
      // Parallel calls fork the tree: the second call is a child of the first, and so is the first one's result.
      { id: "eee", parent: "c", type: "assistant", message: "m", content: [call("two")] },
      { id: "f", content: [answer("two", "2")] },
      { id: "g", type: "assistant", message: "n", content: [{ type: "text", text: "done" }] },
    );
    expect(told(steps)).toEqual([
      ["user", "go", "active"],
      ["agent", "both", "active"],
      ["agent", "done", "active"],
    ]);
    expect(steps[1]?.calls.map(({ result }) => result?.text)).toEqual(["1", "2"]);
    expect(steps[1]).toMatchObject({ usage: { output: 3 }, origin: { line_from: 2, line_to: 5 } });
  });
});

describe("the tree", () => {
  test("has the branches that the person left as abandoned", async () => {
    const { steps } = await read(
      { id: "a", content: "go" },
      { id: "b", type: "assistant", content: "wrong way" },
      { id: "c", parent: "a", type: "assistant", content: "right way" },
      { id: "d", content: "thanks" },
    );
    expect(told(steps)).toEqual([
      ["user", "go", "active"],
      ["agent", "wrong way", "abandoned"],
      ["agent", "right way", "active"],
      ["user", "thanks", "active"],
    ]);
  });

  test("goes on over a compaction, whose summary is copied", async () => {
    const { steps, compactions } = await read(
      { id: "a", content: "go" },
      {
        id: "b",
        type: "system",
        parent: null,
        more: { subtype: "compact_boundary", logicalParentUuid: "a" },
      },
      { id: "c", content: "what was done", more: { isCompactSummary: true } },
      { id: "d", type: "assistant", content: "on" },
    );
    expect(told(steps).map(([, , branch]) => branch)).toEqual(["active", "active", "active"]);
    expect(steps[1]).toMatchObject({ source: "system", isCopied: true });
    expect(compactions).toBe(1);
  });

  test("goes on with the line before where a parent is missing, and ends in a circle", async () => {
    const { steps } = await read(
      { id: "a", parent: "b", content: "go" },
      { id: "b", type: "assistant", content: "yes" },
      { id: "c", parent: "lost", content: "more" },
    );
    expect(told(steps).map(([, , branch]) => branch)).toEqual(["active", "active", "active"]);
  });

  test("counts an entry that is written again only once", async () => {
    const { steps } = await read(
      { id: "a", content: "go" },
      { id: "b", type: "assistant", content: "yes" },
      { id: "a", parent: null, content: "go" },
    );
    expect(steps).toHaveLength(2);
  });
});

describe("a user's entry", () => {
  test("holds words of the person only where nobody else wrote them", async () => {
    const { steps } = await read(
      { id: "a", content: "go <system-reminder>be brief</system-reminder>" },
      { id: "b", content: "<local-command-stdout>x</local-command-stdout>" },
      { id: "c", content: "skill text", more: { isMeta: true } },
      { id: "d", content: [{ type: "text", text: "[Request interrupted by user]" }] },
      {
        id: "e",
        content: [
          { type: "image", source: {} },
          { type: "text", text: "see this" },
        ],
      },
      { id: "f", type: "attachment", more: { attachment: { type: "queued_command", prompt: "and that" } } },
    );
    expect(steps.filter(({ source }) => source === "user").map(({ text }) => text)).toEqual([
      "go",
      "see this",
      "and that",
    ]);
    expect(steps.filter(({ source }) => source === "system")).toHaveLength(4);
  });
});

test("a sub-agent in the same log is told apart, and an error of the service is nobody's word", async () => {
  const { steps, skills } = await read(
    { id: "a", content: "go" },
    {
      id: "b",
      type: "assistant",
      content: [call("t", "Task", { prompt: "look" }), call("k", "Skill", { skill: "triton" })],
    },
    { id: "x", parent: null, content: "look", more: { isSidechain: true, agentId: "z" } },
    { id: "y", type: "assistant", content: "found", more: { isSidechain: true, agentId: "z" } },
    { id: "c", parent: "b", content: [answer("t", "found")] },
    { id: "d", type: "assistant", content: "API Error: 529", more: { isApiErrorMessage: true } },
  );
  expect(steps.map(({ source, subagent, branch }) => [source, subagent, branch])).toEqual([
    ["user", null, "active"],
    ["agent", null, "active"],
    ["system", "z", "active"],
    ["agent", "z", "active"],
    ["system", null, "active"],
  ]);
  expect(steps[1]?.calls[0]?.result?.text).toBe("found");
  expect(skills).toEqual(["triton"]);
});

describe("what claude -p prints", () => {
  test("is a session without branches, whose sub-agents are told by the call that started them", async () => {
    const file = await openSessionFile(agents, "claude-print.jsonl", () => undefined);
    const found = { facts: {} as SessionFacts, totals: undefined as SessionTotals | undefined };
    const sink = {
      facts: (facts: SessionFacts) => void (found.facts = facts),
      totals: (totals: SessionTotals) => void (found.totals = totals),
      damage() {},
      skill() {},
      compaction() {},
    };
    const steps: Step[] = [];
    for await (const step of readClaudeCode(file, sink)) steps.push(step);
    expect(
      steps.map(({ source, subagent, branch, calls }) => [source, subagent, branch, calls.length]),
    ).toEqual([
      ["agent", null, "active", 1],
      ["agent", null, "active", 1],
      ["agent", null, "active", 1],
      ["system", "toolu_3", "active", 0],
      ["agent", "toolu_3", "active", 1],
      ["agent", null, "active", 1],
      ["agent", null, "active", 1],
      ["agent", null, "active", 0],
    ]);
    expect(steps[1]?.calls[0]?.result).toMatchObject({ isError: true, exitCode: 1 });
    expect(steps[0]?.text).toBe("I load the skill first.");
    expect(found).toEqual({
      facts: {
        agent: "claude-code",
        agentVersion: "2.1.0",
        sessionId: "5f0c2d7e-9f5c-4a55-8a3e-0c1f6f2f6a10",
        cwd: "/home/dev/kernels",
      },
      totals: { usage: { input: 4210, cachedInput: 3000, output: 187, costUsd: null }, costUsd: 0.0213 },
    });
  });
});
