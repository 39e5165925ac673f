import { describe, expect, test } from "vitest";
import { readFixture, readSession, sessionFileOf } from "../../test/session-file-of.ts";
import { readMarkdownTranscript } from "./markdown-transcript.ts";

const read = (text: string) => readSession(readMarkdownTranscript, sessionFileOf(text, "chat.md"));

test("prose has no steps", async () => {
  const { steps, facts } = await readFixture(readMarkdownTranscript, "edge/not-a-trace.md");
  expect(steps).toEqual([]);
  expect(facts).toEqual({});
});

describe("headings", () => {
  test("name who speaks, which tool was called with what, and what it answered", async () => {
    const { steps, facts } = await readFixture(
      readMarkdownTranscript,
      "markdown/kernel-builder-activation.md",
    );
    expect(facts).toEqual({ variant: "headings", agent: "kernel-agent" });
    expect(steps.map((step) => [step.source, step.model, step.calls.length])).toEqual([
      ["user", null, 0],
      ["agent", "claude-opus-4-5", 1],
      ["agent", "claude-opus-4-5", 4],
      ["agent", "claude-opus-4-5", 2],
      ["agent", "claude-opus-4-5", 2],
      ["agent", "claude-opus-4-5", 0],
    ]);
    expect(steps[4]?.calls[0]?.arguments).toEqual({
      path: "build.toml",
      old_str: 'cuda-capabilities = ["8.0"]',
      new_str: 'cuda-capabilities = ["8.0", "9.0"]',
    });
    expect(steps[1]).toMatchObject({ origin: { line_from: 11, line_to: 25 } });
    expect(steps[1]?.calls[0]).toMatchObject({
      command: "find . -type f | sort",
      origin: { line_from: 15, line_to: 19 },
      result: { exitCode: 0, isError: false, origin: { line_from: 21, line_to: 25 } },
    });
  });

  test("in fences, and results that no call waits for, are part of what was said", async () => {
    const { steps } = await read(
      [
        "## User",
        "Show it:",
        "````",
        "## Assistant",
        "```",
        "## User",
        "````",
        "## Assistant",
        "So.",
        "## Result",
        "It works.",
      ].join("\n"),
    );
    expect(steps.map((step) => [step.source, step.text])).toEqual([
      ["user", "Show it:\n````\n## Assistant\n```\n## User\n````"],
      ["agent", "So.\n## Result\nIt works."],
    ]);
  });

  test("of tools take arguments in JSON, diffs with positions and results without fences", async () => {
    const { steps } = await read(
      [
        "## Human",
        "go",
        "### Tool call: `grep`",
        "```json",
        '{"pattern": "tl.dot"}',
        "```",
        "### Output",
        "k.py:3",
        "### Tool: edit `k.py`",
        "```diff",
        "@@ -1 +1 @@",
        "-a",
        "+b",
        "```",
        "### Result (failed)",
        "no such file",
        "### Tool: bash",
        "```",
        "make",
        "```",
      ].join("\n"),
    );
    expect(steps.map((step) => step.source)).toEqual(["user", "agent"]);
    expect(steps[1]?.calls).toMatchObject([
      { arguments: { pattern: "tl.dot" }, result: { text: "k.py:3", isError: null } },
      { patch: "--- a/k.py\n+++ b/k.py\n@@ -1 +1 @@\n-a\n+b", result: { isError: true } },
      { command: "make", result: null },
    ]);
  });
});

describe("a terminal", () => {
  test("shows prompts, words, calls and outputs", async () => {
    const { steps, facts } = await readFixture(readMarkdownTranscript, "markdown/triton-swiglu-chat.md");
    expect(facts).toEqual({ variant: "terminal" });
    expect(steps[1]).toMatchObject({
      text: "I will write it and test it on a length that is not a multiple of the block.",
      origin: { line_from: 3, line_to: 10 },
      calls: [
        {
          kind: "write",
          paths: ["swiglu.py"],
          origin: { line_from: 5 },
          result: { origin: { line_from: 6 } },
        },
        {
          command: "python t.py --n 100003",
          result: {
            text: "RuntimeError: CUDA error: an illegal memory access was encountered",
            exitCode: 1,
            origin: { line_from: 9, line_to: 10 },
          },
        },
      ],
    });
  });

  test("wraps prompts, words and commands, and cuts outputs", async () => {
    const { steps } = await read(
      [
        "╭──────────╮",
        "│ ✻ Welcome │",
        "╰──────────╯",
        "",
        "> make it",
        "  fast",
        "",
        "✻ Thinking…",
        "  Masks first.",
        "",
        "⏺ I will look (and",
        "  then measure)",
        "",
        "⏺ Bash(for i in 1 2; do",
        "      make bench; done)",
        "  ⎿  first",
        "",
        "     second",
        "     … +12 lines (ctrl+o to expand)",
        "",
        "⏺ kernels - profile (MCP)(k.py)",
        "",
        "⏺ Read(k.py)",
        "> stop",
      ].join("\n"),
    );
    expect(steps.map((step) => [step.source, step.text, step.reasoning, step.calls.length])).toEqual([
      ["user", "make it\nfast", "", 0],
      ["agent", "I will look (and\nthen measure)", "Thinking…\nMasks first.", 1],
      ["agent", "kernels - profile (MCP)(k.py)", "", 1],
      ["user", "stop", "", 0],
    ]);
    expect(steps[1]?.calls[0]).toMatchObject({
      command: "for i in 1 2; do\n    make bench; done",
      result: { text: "first\n\nsecond\n… +12 lines (ctrl+o to expand)", isCut: true },
    });
    expect(steps[2]?.calls[0]).toMatchObject({ kind: "read", paths: ["k.py"], result: null });
  });
});

describe("aider", () => {
  const history = [
    "# aider chat started at 2026-09-20 10:11:12",
    "",
    "> Aider v0.86.1",
    "> Main model: sonnet with diff edit format",
    "",
    "#### make the kernel",
    "#### fast",
    "",
    "Masks are missing.",
    "",
    "k.py",
    "```python",
    "<<<<<<< SEARCH",
    "x = tl.load(X + o)",
    "=======",
    "x = tl.load(X + o, mask=o < n)",
    ">>>>>>> REPLACE",
    "```",
    "",
    "And a test:",
    "",
    "t.py",
    "```python",
    "<<<<<<< SEARCH",
    "=======",
    "import k",
    ">>>>>>> REPLACE",
    "```",
    "",
    "> Applied edit to k.py",
    "> Tokens: 2.3k sent, 1.1k cache hit, 345 received. Cost: $0.01 message, $0.05 session.",
    "> Running python t.py",
    "> RuntimeError: CUDA error",
    "> exit",
    "> Add command output to the chat? y",
    "",
    "Fixed now.",
    "",
    "# aider chat started at 2026-09-21 10:11:12",
    "",
    "#### thanks",
  ];

  test("tells prompts, edits and commands, session by session", async () => {
    const { steps, facts } = await read(history.join("\n"));
    expect(facts).toEqual({ variant: "aider", agent: "aider", agentVersion: "0.86.1" });
    expect(steps.map((step) => [step.conversation, step.source, step.text])).toEqual([
      [0, "user", "make the kernel\nfast"],
      [0, "agent", "Masks are missing.\n\n\nAnd a test:"],
      [0, "agent", "Fixed now."],
      [1, "user", "thanks"],
    ]);
    expect(steps[1]).toMatchObject({
      timestamp: "2026-09-20T10:11:12",
      model: "sonnet",
      origin: { line_from: 9, line_to: 35 },
      usage: { input: 2300, cachedInput: 1100, output: 345, costUsd: 0.01 },
    });
  });

  test("answers edits that were applied, and keeps the output of a command", async () => {
    const { steps } = await read(history.join("\n"));
    expect(steps[1]?.calls).toMatchObject([
      {
        kind: "edit",
        patch: "--- a/k.py\n+++ b/k.py\n@@\n-x = tl.load(X + o)\n+x = tl.load(X + o, mask=o < n)",
        origin: { line_from: 13, line_to: 17 },
        result: { text: "Applied edit to k.py", isError: false, origin: { line_from: 30 } },
      },
      { kind: "write", paths: ["t.py"], result: null },
      {
        command: "python t.py",
        result: {
          text: "RuntimeError: CUDA error\nexit",
          isError: true,
          origin: { line_from: 33, line_to: 34 },
        },
      },
    ]);
  });

  test("marks edits that did not fit as failed, and a block without an end as damage", async () => {
    const { steps, damage } = await read(
      [
        "# aider chat started at 2026-09-20 10:11:12",
        "k.py",
        "<<<<<<< SEARCH",
        "a",
        "=======",
        "b",
        ">>>>>>> REPLACE",
        "> # 1 SEARCH/REPLACE block failed to match!",
        "Again.",
        "<<<<<<< SEARCH",
        "a",
      ].join("\n"),
    );
    expect(steps[0]?.calls[0]?.result?.isError).toBe(true);
    expect(damage).toEqual([{ line: 10, reason: "a SEARCH/REPLACE block without an end" }]);
  });
});
