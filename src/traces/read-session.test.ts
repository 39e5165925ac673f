import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { sha256 } from "../digest.ts";
import { silentReporter } from "../reporter.ts";
import { openSession } from "./read-session.ts";
import { sessionCounter } from "./session-counts.ts";
import type { Step } from "./session.ts";

const fixtures = resolve(import.meta.dirname, "../../test/fixtures/traces");
const edge = join(fixtures, "edge");

async function read(path: string) {
  const { traces } = await openSession(path, { reporter: silentReporter });
  const [trace] = traces;
  if (trace === undefined) throw new Error(`${path} holds no trace`);
  const counter = sessionCounter();
  const steps: Step[] = [];
  for await (const step of trace.steps()) {
    counter.add(step);
    steps.push(step);
  }
  return { trace, steps, entry: counter.entry(trace, "unknown") };
}

const failureOf = (path: string) =>
  openSession(path, { reporter: silentReporter }).then(
    () => undefined,
    (failure: unknown) => failure,
  );

describe("damaged and odd input", () => {
  const softmax = { format: "claude-code-jsonl", user_messages: 1 };

  test("that was cut off is read up to there", async () => {
    const { entry, steps } = await read(join(edge, "truncated-mid-line.jsonl"));
    expect(entry).toMatchObject({ ...softmax, tool_calls: 6, damage: { bad_lines: 1, truncated: true } });
    expect(steps.at(-1)?.calls.at(-1)?.result).toBeNull();
  });

  test("with a byte order mark and CRLF is read like any other", async () => {
    const { steps } = await read(join(edge, "bom-crlf.codex.jsonl"));
    const { steps: plain } = await read(
      join(fixtures, "codex/rollout-2026-09-16T17-35-00-adb29fa9-c362-7be1-a422-793539d1bb0a.jsonl"),
    );
    const withoutOrigin = (all: readonly Step[]) =>
      all.map(({ text, calls }) => [text, calls.map((call) => call.patch)]);
    expect(withoutOrigin(steps)).toEqual(withoutOrigin(plain));
  });

  test("with other things between its lines loses only those", async () => {
    const { entry } = await read(join(edge, "garbage-lines.jsonl"));
    expect(entry).toMatchObject({ ...softmax, tool_calls: 5, damage: { bad_lines: 2, truncated: false } });
  });

  test("with calls that were never answered has no results for them", async () => {
    const { entry, steps } = await read(join(edge, "unfinished-tool-call.jsonl"));
    expect(entry).toMatchObject({ ...softmax, tool_calls: 14, failed_tool_calls: 2 });
    expect(steps.flatMap((step) => step.calls).filter((call) => call.result === null)).toHaveLength(2);
  });

  test("that tells its beginning twice counts it once", async () => {
    const { entry } = await read(join(edge, "replayed-history.jsonl"));
    expect(entry).toMatchObject({ ...softmax, tool_calls: 14, failed_tool_calls: 2 });
  });

  test("with control characters and half a surrogate pair becomes text", async () => {
    const { steps } = await read(join(edge, "control-characters.jsonl"));
    expect(steps[1]?.calls[0]?.result?.text).toBe("error: nvcc failed\nProgress 100%\nbinary \ufffd ok ✓ 🚀");
  });
});

describe("what is no trace", () => {
  test.each([
    [
      "not-a-trace.json",
      /is not a known trace: its first keys are "name", "version", "messages", "scripts"\./,
    ],
    ["not-a-trace.jsonl", /is not a known trace: its first keys are "ts", "cpu", "type"\./],
    ["not-a-trace.md", /is not a known trace: it is neither JSON nor a transcript/],
    ["empty.jsonl", /is not a known trace/],
    ["none", /cannot be opened/],
  ])("%s is refused with what was seen", async (name, message) => {
    expect(await failureOf(join(edge, name))).toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(message) as string,
    });
  });

  test("is named by what it was cut off from", async () => {
    const folder = mkdtempSync(join(tmpdir(), "cut-off-"));
    for (const [name, format] of [
      ["atif/cuda-block-reduce.trajectory.json", "atif"],
      ["swe-agent/triton-int8-gemm.traj.json", "mini-swe-agent-traj"],
      ["swe-agent/cuda-ext-build-chain/cuda-ext-build-chain.traj", "swe-agent-traj"],
      ["opencode/ses_e7c2952e3b10683b0e26445771.json", "opencode-export"],
      ["openai-responses/cuda-int8-dequant.json", "openai-responses"],
      ["fast-agent/history_kernel.json", "fast-agent-history"],
      ["anthropic-messages/triton-cross-entropy.json", "anthropic-messages"],
      ["openhands/cuda-prefix-sum.json", "openhands-trajectory"],
      ["otel-genai/triton-conv1d-causal.otlp.json", "otel-genai"],
    ] as const) {
      const path = join(folder, "cut.json");
      writeFileSync(path, readFileSync(join(fixtures, name), "utf8").slice(0, -20));
      expect(await failureOf(path)).toMatchObject({
        exitCode: 2,
        message: expect.stringContaining(`it looks like ${format}, truncated`) as string,
      });
    }
  });

  test("is listed beside the traces of a folder; links and hidden folders are passed over", async () => {
    const folder = mkdtempSync(join(tmpdir(), "traces-"));
    const session = join(edge, "unfinished-tool-call.jsonl");
    mkdirSync(join(folder, "b/.git"), { recursive: true });
    writeFileSync(join(folder, "b/session.jsonl"), readFileSync(session));
    writeFileSync(join(folder, "b/.git/session.jsonl"), readFileSync(session));
    writeFileSync(join(folder, "a.txt"), "words");
    symlinkSync(session, join(folder, "c.jsonl"));
    symlinkSync(fixtures, join(folder, "d"));
    const { traces, others } = await openSession(folder, { reporter: silentReporter });
    expect(traces.map(({ file }) => file)).toEqual(["b/session.jsonl"]);
    expect(others.map(({ file }) => file).toSorted()).toEqual(["a.txt", "c.jsonl", "d"]);
    expect(await failureOf(join(folder, "c.jsonl"))).toMatchObject({ exitCode: 2 });
    expect(await failureOf(join(folder, "b/.git"))).toBeUndefined();
  });
});

test("the log of a sub-agent belongs to its session", async () => {
  const folder = join(fixtures, "claude-code/cuda-rmsnorm-ext");
  const { traces } = await openSession(folder, { reporter: silentReporter });
  expect(traces).toHaveLength(1);
  const { steps, trace } = await read(folder);
  const last = steps.at(-1);
  expect(last).toMatchObject({ subagent: "42bdea0" });
  // The person wrote none of its words.
  expect(new Set(steps.filter(({ subagent }) => subagent !== null).map(({ source }) => source))).toEqual(
    new Set(["system", "agent"]),
  );
  expect(last?.origin.file).toMatch(/\/subagents\/agent-42bdea0\.jsonl$/);
  expect(await trace.digest()).toMatch(/^[0-9a-f]{64}$/);
});

test("a sub-agent's log that is opened alone is a session of its own", async () => {
  const path = join(
    fixtures,
    "claude-code/cuda-rmsnorm-ext/285e6dbe-23af-4758-a22c-95c4c34ab770/subagents/agent-42bdea0.jsonl",
  );
  const { entry, trace } = await read(path);
  expect(entry).toMatchObject({ tool_calls: 1, user_messages: 1 });
  expect(await trace.digest()).toBe(sha256(readFileSync(path)));
});

test("two readings of a session are equal", async () => {
  const { trace, steps } = await read(join(fixtures, "gemini-cli/session-2026-09-14T08-00-45600551.jsonl"));
  const again: Step[] = [];
  for await (const step of trace.steps()) again.push(step);
  expect(again).toEqual(steps);
});

test("secrets are hidden in words, commands, arguments, results and patches", async () => {
  const path = join(mkdtempSync(join(tmpdir(), "secrets-")), "session.jsonl");
  const planted = JSON.parse(
    execFileSync(process.execPath, [join(edge, "make-secrets-trace.mjs"), path], { encoding: "utf8" }),
  ) as { secrets: { kind: string; value: string }[] };
  const { trace, steps } = await read(path);
  const told = JSON.stringify([steps, trace.facts]);
  const inJson = (value: string) => JSON.stringify(value).slice(1, -1);
  expect(planted.secrets.filter(({ value }) => told.includes(inJson(value))).map(({ kind }) => kind)).toEqual(
    [],
  );
  expect(trace.masked.size).toBeGreaterThan(0);
  expect(steps.flatMap((step) => step.calls)).toHaveLength(5);
});

test("hides from the first step on what an earlier reading found, once it is told to", async () => {
  const folder = mkdtempSync(join(tmpdir(), "recall-"));
  const password = ["Tr0ub4dor", "Zebra", "91"].join("-");
  const messages = [
    { role: "user", content: `It failed with ${password}.` },
    { role: "assistant", content: `DB_PASSWORD=${password}` },
  ];
  const path = join(folder, "trace.json");
  writeFileSync(path, JSON.stringify({ model: "m", messages }));
  const { trace, steps } = await read(path);
  expect(steps[0]?.text).toContain(password);
  trace.recallSecrets();
  const again: Step[] = [];
  for await (const step of trace.steps()) again.push(step);
  expect(again.map(({ text }) => text)).toEqual([
    "It failed with [secret:password:1].",
    "DB_PASSWORD=[secret:password:1]",
  ]);
  expect(trace.masked).toEqual(new Map([["password", 1]]));
});
