import { mkdtempSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import "./property-seed.ts";
import { Failure } from "../src/failure.ts";
import { silentReporter } from "../src/reporter.ts";
import type { JsonValue } from "../src/traces/json-value.ts";
import { isJsonObject } from "../src/traces/json-value.ts";
import { openSession } from "../src/traces/read-session.ts";
import { sessionReaders } from "../src/traces/session-readers.ts";
import {
  callKinds,
  formatNames,
  type FormatName,
  type SessionFile,
  type SessionSink,
  type Step,
} from "../src/traces/session.ts";

const fixtures = resolve(import.meta.dirname, "fixtures/traces");

/** What a reader is given: the parsed lines of a file, or its document, or its text. */
interface Input {
  lines: JsonValue[];
  text: string[];
}

function fileOf({ lines, text }: Input, isDocument: boolean): SessionFile {
  return {
    file: "t.jsonl",
    async *lines() {
      for (const [index, value] of lines.entries()) if (isJsonObject(value)) yield { value, line: index + 1 };
    },
    document: () => Promise.resolve(isDocument || lines.length === 1 ? lines[0] : undefined),
    async *text() {
      for (const [index, line] of text.entries()) yield { text: line, line: index + 1 };
    },
    lineOf: () => 1,
  };
}

const deaf: SessionSink = { facts() {}, damage() {}, skill() {}, compaction() {} };

/** A few small traces of each format, in which long texts and lists are short: what matters is their form. */
const seeds: Record<FormatName, Input[]> = {
  "claude-code-jsonl": jsonLines(
    "claude-code/cuda-rmsnorm-ext/285e6dbe-23af-4758-a22c-95c4c34ab770.jsonl",
    "edge/control-characters.jsonl",
  ),
  "codex-rollout": jsonLines("codex/rollout-2026-09-26T07-26-00-4848de68-e0e8-7f52-aaf0-b271079b2d69.jsonl"),
  "codex-exec-jsonl": jsonLines("codex-exec/cuda-argmax-followup.jsonl"),
  atif: documents("atif/cuda-block-reduce.trajectory.json"),
  "openai-chat-messages": [
    ...documents("openai-messages/triton-cross-entropy.json"),
    ...jsonLines("openai-messages/two-conversations.jsonl"),
  ],
  "openai-responses": documents("openai-responses/cuda-int8-dequant.json"),
  "anthropic-messages": documents("anthropic-messages/triton-cross-entropy.json"),
  "otel-genai": [
    ...documents("otel-genai/triton-conv1d-causal.otlp.json"),
    ...jsonLines("otel-genai/cuda-int8-dequant.otlp.jsonl"),
  ],
  "swe-agent-traj": documents("swe-agent/cuda-ext-build-chain/cuda-ext-build-chain.traj"),
  "mini-swe-agent-traj": documents("swe-agent/triton-int8-gemm.traj.json"),
  markdown: texts("markdown/kernel-builder-activation.md", "markdown/triton-swiglu-chat.md"),
  "gemini-cli": jsonLines("gemini-cli/session-2026-09-14T08-00-45600551.jsonl"),
  "copilot-events": jsonLines("copilot-cli/b6320259-823e-4ca1-a493-dd1d58342d03/events.jsonl"),
  "openhands-trajectory": documents("openhands/cuda-prefix-sum.json"),
  "openhands-conversation": eventFolders("openhands-conversation"),
  "fast-agent-history": documents("fast-agent/history_kernel.json"),
  "opencode-export": documents("opencode/ses_e7c2952e3b10683b0e26445771.json"),
  "hf-session-trace-simple": jsonLines("hf-sts/triton-int8-gemm.jsonl"),
  "pi-session": jsonLines("pi/2026-09-14T11-42-24_66d8fe92-3571-43b3-a43d-10cf399c52c2.jsonl"),
};

function content(name: string): string {
  return readFileSync(join(fixtures, name), "utf8");
}

function jsonLines(...names: string[]): Input[] {
  return names.map((name) => {
    const lines = content(name).trim().split("\n").slice(0, 12);
    return { lines: lines.map((line) => shortened(JSON.parse(line) as JsonValue)), text: [] };
  });
}

function documents(...names: string[]): Input[] {
  return names.map((name) => ({ lines: [shortened(JSON.parse(content(name)) as JsonValue)], text: [] }));
}

function texts(...names: string[]): Input[] {
  return names.map((name) => ({ lines: [], text: content(name).split("\n").slice(0, 60) }));
}

function eventFolders(name: string): Input[] {
  const root = join(fixtures, name);
  return readdirSync(root).map((folder) => {
    const events = readdirSync(join(root, folder, "events"))
      .toSorted()
      .slice(0, 12);
    const values = events.map(
      (event) => JSON.parse(content(join(name, folder, "events", event))) as JsonValue,
    );
    return { lines: values.map(shortened), text: [] };
  });
}

function shortened(value: JsonValue): JsonValue {
  if (typeof value === "string") return value.length > 120 ? value.slice(0, 120) : value;
  if (Array.isArray(value)) return value.slice(0, 6).map(shortened);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shortened(item)]));
}

/** Values of every type, and texts that readers look for. */
const odd: readonly JsonValue[] = [
  null,
  true,
  false,
  0,
  -1,
  1e308,
  1.5,
  "",
  "x",
  "{",
  '{"command": 3}',
  '[{"text": null}]',
  "\u0000\ud83d\u001b[31m",
  "__proto__",
  "Exit code 99999999999999999999\n",
  "<returncode>1</returncode>",
  "*** Begin Patch\n*** Update File: \n@@\n",
  "2026-13-45T99:99:99Z",
  "user",
  "assistant",
  "tool",
  "tool_result",
  [],
  [null],
  [[[]]],
  ["bash", "-lc"],
  {},
  { type: "text", text: {} },
  { id: [], name: {}, input: "x", arguments: "[1" },
  { role: "user", content: [{ type: "tool_result", tool_use_id: 7 }] },
  JSON.parse('{"__proto__": {"type": "text"}, "constructor": 1}') as JsonValue,
];
const oddLines = [
  "",
  "## User",
  "### Result (exit code x)",
  "```",
  "```diff",
  "⏺ Bash(",
  "  ⎿ ",
  "> ",
  "#### ",
  "# aider chat started at ",
  "x".repeat(500),
];

/** Four numbers say what is changed, on which line, where in its value, and to what. */
type Mutation = [what: number, line: number, path: number, to: number];

function mutated(seed: Input, mutations: readonly Mutation[]): Input {
  const lines = [...seed.lines];
  const text = [...seed.text];
  for (const [what, line, path, to] of mutations) {
    mutateList(text, what, line, oddLines[to % oddLines.length] ?? "");
    // Two of three changes are made inside a line: a document has no other.
    if (what % 3 === 0) mutateList(lines, what, line, odd[to % odd.length] ?? null);
    else if (lines.length > 0) {
      const at = line % lines.length;
      lines[at] = changed(lines[at] ?? null, what, path, to);
    }
  }
  return { lines, text };
}

function mutateList<T>(list: T[], what: number, at: number, value: T): void {
  if (list.length === 0) return;
  const index = at % list.length;
  const other = (at * 7 + what) % list.length;
  switch (what % 5) {
    case 0:
      list.splice(index, 1);
      break;
    case 1:
      list.splice(other, 0, list[index] as T);
      break;
    case 2:
      list[index] = value;
      break;
    case 3:
      [list[index], list[other]] = [list[other] as T, list[index] as T];
      break;
    default:
      list.splice(index, 0, value);
  }
}

/** The value with one place in it replaced, left out, doubled or renamed; what is not on the way is shared. */
function changed(value: JsonValue, what: number, path: number, to: number): JsonValue {
  const replacement = odd[to % odd.length] ?? null;
  const keys = typeof value === "object" && value !== null ? Object.keys(value) : [];
  const key = keys[path % keys.length];
  if (key === undefined) return replacement;
  const rest = Math.floor(path / keys.length);
  if (Array.isArray(value)) {
    const copy = [...value];
    if (rest > 0) copy[Number(key)] = changed(copy[Number(key)] ?? null, what, rest, to);
    else mutateList(copy, what, Number(key), replacement);
    return copy;
  }
  const copy = { ...(value as Record<string, JsonValue>) };
  if (rest > 0) copy[key] = changed(copy[key] ?? null, what, rest, to);
  else if (what % 4 === 0) delete copy[key];
  else copy[key] = what % 4 === 1 ? [copy[key] ?? null, copy[key] ?? null] : replacement;
  return copy;
}

const mutations = fc.array(fc.tuple(fc.nat(), fc.nat(), fc.nat(), fc.nat()), {
  minLength: 1,
  maxLength: 5,
});

/** Reads to the end and looks at what came: steps of the right shape, and not more than the input can tell. */
async function readAll(format: FormatName, input: Input, isDocument: boolean): Promise<void> {
  let size: number | undefined;
  let length = 0;
  for await (const step of sessionReaders[format](fileOf(input, isDocument), deaf)) {
    check(step);
    length += 10 + step.text.length + step.reasoning.length;
    for (const call of step.calls) length += 10 + (call.result?.text.length ?? 0) + (call.patch?.length ?? 0);
    // Nothing of a trace is told more than a few times.
    if (length < 20_000) continue;
    size ??= JSON.stringify(input).length;
    if (length > 20 * size) throw new Error(`${length} characters were read of ${size}`);
  }
}

const kinds: ReadonlySet<string> = new Set(callKinds);
const sources: ReadonlySet<string> = new Set(["user", "agent", "system"]);
const nullable = (value: unknown, type: string) => value === null || typeof value === type;

function check(step: Step): void {
  const isStep =
    sources.has(step.source) &&
    typeof step.text === "string" &&
    typeof step.reasoning === "string" &&
    Number.isSafeInteger(step.conversation) &&
    nullable(step.timestamp, "string") &&
    nullable(step.model, "string") &&
    nullable(step.subagent, "string") &&
    typeof step.isCopied === "boolean" &&
    (step.branch === "active" || step.branch === "abandoned") &&
    Number.isSafeInteger(step.origin.line_from) &&
    step.origin.line_to >= step.origin.line_from &&
    (step.usage === null ||
      [step.usage.input, step.usage.output, step.usage.cachedInput].every((tokens) =>
        Number.isFinite(tokens),
      ));
  if (!isStep) throw new Error(`no step: ${JSON.stringify(step)}`);
  for (const { id, tool, kind, command, cwd, paths, patch, result, arguments: args } of step.calls) {
    const isCall =
      typeof id === "string" &&
      typeof tool === "string" &&
      kinds.has(kind) &&
      [command, cwd, patch].every((text) => nullable(text, "string")) &&
      paths.every((path) => typeof path === "string") &&
      isJsonObject(args) &&
      (result === null ||
        (typeof result.text === "string" &&
          nullable(result.exitCode, "number") &&
          nullable(result.isError, "boolean")));
    if (!isCall) throw new Error(`no call: ${JSON.stringify(step.calls)}`);
  }
}

describe("no input makes a reader throw, hang or tell more than there is", () => {
  test.each(formatNames)("%s: 10,000 inputs", { timeout: 600_000 }, async (format) => {
    const memory = process.memoryUsage().rss;
    const known = seeds[format];
    expect(known.length).toBeGreaterThan(0);
    const isDocument = known.map((seed) => seed.lines.length === 1);
    await fc.assert(
      fc.asyncProperty(mutations, fc.nat({ max: known.length - 1 }), async (changes, index) => {
        const seed = known[index];
        if (seed !== undefined) await readAll(format, mutated(seed, changes), isDocument[index] === true);
      }),
      { numRuns: 9500 },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.jsonValue({ maxDepth: 4 })),
        fc.array(fc.string()),
        fc.boolean(),
        (lines, text, isDoc) => readAll(format, { lines: lines as JsonValue[], text }, isDoc),
      ),
      { numRuns: 500 },
    );
    expect(process.memoryUsage().rss - memory).toBeLessThan(400e6);
  });
});

/** Bytes are left out, written over, or put in between. */
type ByteChange = [at: number, byte: number, count: number, kind: number];

function withBytesChanged(original: Buffer, changes: readonly ByteChange[]): Buffer {
  let bytes = original;
  for (const [at, byte, count, kind] of changes) {
    const from = at % (bytes.length + 1);
    const fillings = [
      Buffer.alloc(0),
      Buffer.alloc(1, byte),
      Buffer.alloc(count, byte),
      bytes.subarray(0, count),
    ];
    const filling = fillings[kind] ?? Buffer.alloc(0);
    bytes = Buffer.concat([
      bytes.subarray(0, from),
      filling,
      bytes.subarray(from + (kind === 3 ? 0 : count)),
    ]);
  }
  return bytes;
}

async function readFile(path: string): Promise<void> {
  const { traces } = await openSession(path, { reporter: silentReporter });
  for (const trace of traces) for await (const step of trace.steps()) check(step);
}

test(
  "no bytes make the detection and the reading of a file throw anything but a failure with exit code 2",
  { timeout: 600_000 },
  async () => {
    const path = join(mkdtempSync(join(tmpdir(), "fuzz-")), "t.jsonl");
    const originals = [
      "edge/garbage-lines.jsonl",
      "codex-exec/cuda-argmax-followup.jsonl",
      "atif/triton-layernorm-fwd.trajectory.json",
      "markdown/triton-swiglu-chat.md",
      "pi/2026-09-14T11-42-24_66d8fe92-3571-43b3-a43d-10cf399c52c2.jsonl",
    ].map((name) => readFileSync(join(fixtures, name)));
    const change = fc.tuple(fc.nat(), fc.nat({ max: 255 }), fc.nat({ max: 200 }), fc.nat({ max: 3 }));
    let reads = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...originals),
        fc.array(change, { maxLength: 4 }),
        async (original, changes) => {
          writeFileSync(path, withBytesChanged(original, changes));
          const thrown = await readFile(path).catch((error: unknown) => error);
          if (thrown instanceof Failure) expect(thrown.exitCode).toBe(2);
          else expect(thrown).toBeUndefined();
          reads += 1;
        },
      ),
      { numRuns: 300 },
    );
    expect(reads).toBe(300);
  },
);
