import fc from "fast-check";
import { describe, expect, test } from "vitest";
import "./property-seed.ts";
import { isJsonObject, type JsonValue } from "../src/traces/json-value.ts";
import type { FormatName, Step } from "../src/traces/session.ts";
import { sessionReaders } from "../src/traces/session-readers.ts";
import { fixtureText, jsonLines, readSession, sessionFileOf } from "./session-file-of.ts";

const documents: [FormatName, string][] = [
  ["openai-chat-messages", "openai-messages/triton-cross-entropy.json"],
  ["openai-responses", "openai-responses/cuda-int8-dequant.json"],
  ["anthropic-messages", "anthropic-messages/triton-cross-entropy.json"],
  ["otel-genai", "otel-genai/triton-conv1d-causal.otlp.json"],
  ["swe-agent-traj", "swe-agent/cuda-ext-build-chain/cuda-ext-build-chain.traj"],
  ["mini-swe-agent-traj", "swe-agent/triton-int8-gemm.traj.json"],
  ["fast-agent-history", "fast-agent/history_kernel.json"],
];
const sessions: [FormatName, string][] = [
  ["openai-chat-messages", "openai-messages/two-conversations.jsonl"],
  ["otel-genai", "otel-genai/cuda-int8-dequant.otlp.jsonl"],
  ["hf-session-trace-simple", "hf-sts/triton-int8-gemm.jsonl"],
  ["pi-session", "pi/2026-09-14T11-42-24_66d8fe92-3571-43b3-a43d-10cf399c52c2.jsonl"],
];

type Path = (string | number)[];

/** The paths of all values in a value. */
function pathsIn(value: JsonValue): Path[] {
  const paths: Path[] = [];
  const open: { value: JsonValue; path: Path }[] = [{ value, path: [] }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value: found, path } = next;
    paths.push(path);
    if (Array.isArray(found))
      found.forEach((item, index) => open.push({ value: item, path: [...path, index] }));
    else if (isJsonObject(found))
      for (const [key, item] of Object.entries(found)) open.push({ value: item, path: [...path, key] });
  }
  return paths;
}

function withValue(value: JsonValue, path: Path, put: JsonValue): JsonValue {
  const [key, ...rest] = path;
  if (key === undefined) return put;
  // Another change may have taken away what this one was for.
  if (Array.isArray(value))
    return value.map((item, index) => (index === key ? withValue(item, rest, put) : item));
  return isJsonObject(value) ? { ...value, [key]: withValue(value[key] ?? null, rest, put) } : value;
}

const anyValue: fc.Arbitrary<JsonValue> = fc.oneof(
  fc.constantFrom<JsonValue>(
    null,
    "",
    "x",
    0,
    -1,
    1e300,
    true,
    [],
    {},
    [[]],
    [null],
    { text: 1 },
    { "": {} },
  ),
  fc.jsonValue({ maxDepth: 2 }).map((value): JsonValue => JSON.parse(JSON.stringify(value))),
);

function isWellFormed(step: Step): boolean {
  const origins = [
    step.origin,
    ...step.calls.flatMap((call) => [call.origin, call.result?.origin ?? call.origin]),
  ];
  const words = [
    step.text,
    step.reasoning,
    ...step.calls.flatMap((call) => [call.id, call.tool, call.result?.text ?? ""]),
  ];
  return (
    origins.every(({ line_from, line_to }) => line_from >= 1 && line_to >= line_from) &&
    words.every((text) => typeof text === "string") &&
    (step.source === "agent" || step.usage === null)
  );
}

describe("a document with any values changed is read without an error", () => {
  test.each(documents)("%s", async (format, path) => {
    const document: JsonValue = JSON.parse(fixtureText(path));
    const paths = pathsIn(document);
    const change = fc.record({ path: fc.constantFrom(...paths), put: anyValue });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        const changed = changes.reduce((value, { path, put }) => withValue(value, path, put), document);
        const { steps } = await readSession(sessionReaders[format], sessionFileOf(JSON.stringify(changed)));
        expect(steps.every(isWellFormed)).toBe(true);
      }),
      { numRuns: 400 },
    );
  });
});

describe("JSON lines with any values changed, lines lost, repeated or in another order", () => {
  test.each(sessions)("are read without an error: %s", async (format, path) => {
    const lines = fixtureText(path)
      .split("\n")
      .filter((line) => line !== "")
      .map((line): JsonValue => JSON.parse(line));
    const paths = pathsIn(lines);
    const change = fc.record({ path: fc.constantFrom(...paths), put: anyValue });
    const order = fc.array(fc.nat({ max: lines.length - 1 }), { maxLength: 2 * lines.length });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 3 }), order, async (changes, order) => {
        const changed = changes.reduce<JsonValue>(
          (value, { path, put }) => withValue(value, path, put),
          lines,
        );
        const all = Array.isArray(changed) ? changed : [];
        const content = jsonLines(order.map((index) => all[index] ?? null));
        const { steps } = await readSession(sessionReaders[format], sessionFileOf(content));
        expect(steps.every(isWellFormed)).toBe(true);
      }),
      { numRuns: 400 },
    );
  });
});

test("a Markdown transcript of any of its lines is read without an error", async () => {
  const lines = [
    ...fixtureText("markdown/kernel-builder-activation.md").split("\n"),
    ...fixtureText("markdown/triton-swiglu-chat.md").split("\n"),
    "# aider chat started at 2026-09-20 10:11:12",
    "#### go",
    "> Applied edit to k.py",
    "> Running make",
    "k.py",
    "<<<<<<< SEARCH",
    "=======",
    ">>>>>>> REPLACE",
    "```",
    "````",
    "~~~",
    "⏺ Bash(",
    "  ⎿",
    "✻ Thinking…",
  ];
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...lines), { maxLength: 60 }), async (picked) => {
      const { steps } = await readSession(
        sessionReaders.markdown,
        sessionFileOf(picked.join("\n"), "chat.md"),
      );
      expect(steps.every(isWellFormed)).toBe(true);
    }),
    { numRuns: 10_000 },
  );
});
