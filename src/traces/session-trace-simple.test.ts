import { expect, test } from "vitest";
import { jsonLines, readFixture, readSession, sessionFileOf } from "../../test/session-file-of.ts";
import { readSessionTraceSimple } from "./session-trace-simple.ts";

test("reads messages with their times, models and the lines of calls and results", async () => {
  const { steps, facts } = await readFixture(readSessionTraceSimple, "hf-sts/triton-int8-gemm.jsonl");
  expect(facts).toEqual({ sessionId: "2d0d34652cb4", agent: "kernel-agent" });
  expect(steps[1]).toMatchObject({
    source: "agent",
    timestamp: "2026-09-19T20:54:00.000Z",
    model: "qwen3-coder",
    origin: { line_from: 3, line_to: 3 },
    calls: [
      {
        id: "t1",
        command: "python run_i8.py --bk 16",
        result: {
          text: "AssertionError('Input shapes should have M >= 16, N >= 16 and K >= 32')",
          exitCode: 1,
          origin: { line_from: 4, line_to: 4 },
        },
      },
    ],
  });
});

test("keeps reasoning, and reports entries of other types", async () => {
  const { steps, damage } = await readSession(
    readSessionTraceSimple,
    sessionFileOf(
      jsonLines([
        { type: "session", harness: "h", id: "i" },
        {
          type: "message",
          message: { role: "assistant", content: "Done.", reasoningContent: "Hm.", toolCalls: 3 },
        },
        { type: "other" },
      ]),
    ),
  );
  expect(steps).toMatchObject([{ text: "Done.", reasoning: "Hm.", calls: [] }]);
  expect(damage).toEqual([{ line: 3, reason: "an entry of an unknown type" }]);
});
