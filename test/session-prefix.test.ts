import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import "./property-seed.ts";
import { openSessionFile } from "../src/traces/session-file.ts";
import { sessionReaders } from "../src/traces/session-readers.ts";
import type { Call, FormatName, SessionSink, Step } from "../src/traces/session.ts";

const fixtures = resolve(import.meta.dirname, "fixtures/traces");
const folder = mkdtempSync(join(tmpdir(), "prefix-"));
const deaf: SessionSink = { facts() {}, damage() {}, skill() {}, compaction() {} };

async function stepsOf(format: FormatName, content: Uint8Array): Promise<Step[]> {
  writeFileSync(join(folder, "prefix.jsonl"), content);
  const file = await openSessionFile(folder, "prefix.jsonl", () => undefined);
  const steps: Step[] = [];
  for await (const step of sessionReaders[format](file, deaf)) steps.push(step);
  return steps;
}

/** A call as it is known before its result came, which may be later than the end of the prefix. */
function hasCall(whole: Call | undefined, part: Call): boolean {
  return whole !== undefined && same({ ...whole, result: part.result === null ? null : whole.result }, part);
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Which branch a step is on, and thus `branch`, only the end of a session tells. */
function isFinished(whole: Step, part: Step): boolean {
  const { calls, branch: _branch, ...rest } = part;
  const { calls: wholeCalls, branch: _other, ...wholeRest } = whole;
  return (
    same(rest, wholeRest) &&
    calls.length === wholeCalls.length &&
    calls.every((call, index) => hasCall(wholeCalls[index], call))
  );
}

/** The last step of a prefix may have been told in part. */
function isBegun(whole: Step, part: Step): boolean {
  return (
    whole.source === part.source &&
    whole.text.startsWith(part.text) &&
    whole.reasoning.startsWith(part.reasoning) &&
    part.calls.length <= whole.calls.length &&
    part.calls.every((call, index) => hasCall(whole.calls[index], call))
  );
}

// OpenTelemetry is left out: its spans come in any order, and each tells the history anew.
const sessions: [FormatName, string][] = [
  ["claude-code-jsonl", "claude-code/triton-softmax-rows/178c0979-cd90-44fa-ac9c-0bfca6519196.jsonl"],
  ["claude-code-jsonl", "claude-code/cuda-rmsnorm-ext/285e6dbe-23af-4758-a22c-95c4c34ab770.jsonl"],
  ["claude-code-jsonl", "edge/replayed-history.jsonl"],
  ["claude-code-jsonl", "edge/garbage-lines.jsonl"],
  ["codex-rollout", "codex/rollout-2026-09-16T17-35-00-adb29fa9-c362-7be1-a422-793539d1bb0a.jsonl"],
  ["codex-rollout", "codex/rollout-2026-09-26T07-26-00-4848de68-e0e8-7f52-aaf0-b271079b2d69.jsonl"],
  ["codex-exec-jsonl", "codex-exec/cuda-argmax-followup.jsonl"],
  ["openai-chat-messages", "openai-messages/two-conversations.jsonl"],
  ["gemini-cli", "gemini-cli/session-2026-09-14T08-00-45600551.jsonl"],
  ["copilot-events", "copilot-cli/b6320259-823e-4ca1-a493-dd1d58342d03/events.jsonl"],
  ["hf-session-trace-simple", "hf-sts/triton-int8-gemm.jsonl"],
  ["pi-session", "pi/2026-09-14T11-42-24_66d8fe92-3571-43b3-a43d-10cf399c52c2.jsonl"],
];

describe("any prefix of a session has a prefix of its steps", () => {
  test.each(sessions)("%s: %s", async (format, name) => {
    const content = readFileSync(join(fixtures, name));
    const whole = await stepsOf(format, content);
    let longest = 0;
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: content.length }), async (length) => {
        const part = await stepsOf(format, content.subarray(0, length));
        expect(part.length).toBeLessThanOrEqual(whole.length);
        longest = Math.max(longest, part.length);
        for (const [index, step] of part.entries()) {
          const told = whole[index];
          const fits = index === part.length - 1 ? isBegun : isFinished;
          if (told === undefined || !fits(told, step)) expect(step).toEqual(told);
        }
      }),
      { numRuns: 60 },
    );
    expect(longest).toBeGreaterThan(whole.length / 2);
  });
});
