import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import "../../test/property-seed.ts";
import { silentReporter } from "../reporter.ts";
import { isJsonObject, listAt, objectAt, textAt } from "./json-value.ts";
import type { JsonValue } from "./json-value.ts";
import { newStep } from "./new-step.ts";
import { openSession, type SessionTrace } from "./read-session.ts";
import { callKinds, type Call, type CallResult, type Origin, type Step } from "./session.ts";
import { atifDocument, type ExportedSession } from "./write-atif.ts";

const fixtures = resolve(import.meta.dirname, "../../test/fixtures/traces");
const folder = mkdtempSync(join(tmpdir(), "atif-"));
const { traces } = await openSession(fixtures, { reporter: silentReporter });

async function stepsOf(session: Pick<SessionTrace, "steps">): Promise<Step[]> {
  const steps: Step[] = [];
  for await (const step of session.steps()) steps.push(step);
  return steps;
}

async function written(session: ExportedSession): Promise<string> {
  let document = "";
  for await (const piece of atifDocument(session)) document += piece;
  return document;
}

async function readBack(document: string): Promise<{ trace: SessionTrace; steps: Step[] }> {
  const path = join(folder, "trajectory.json");
  writeFileSync(path, document);
  const { traces: found } = await openSession(path, { reporter: silentReporter });
  const [trace] = found;
  if (trace === undefined) throw new Error("no trace");
  return { trace, steps: await stepsOf(trace) };
}

const agentFields = [
  "model_name",
  "reasoning_effort",
  "reasoning_content",
  "tool_calls",
  "metrics",
  "observation",
];

/** What Harbor's validators say about a trajectory and those in it: ids, fields of agents, and what results name. */
function faults(trajectory: JsonValue): string[] {
  const found: string[] = [];
  const steps = listAt(trajectory, "steps");
  if (!/^ATIF-v1\.\d+$/.test(textAt(trajectory, "schema_version"))) found.push("schema_version");
  if (textAt(objectAt(trajectory, "agent"), "name") === "") found.push("agent.name");
  if (textAt(objectAt(trajectory, "agent"), "version") === "") found.push("agent.version");
  if (steps.length === 0) found.push("steps");
  for (const [index, step] of steps.entries()) {
    if (!isJsonObject(step) || step["step_id"] !== index + 1) found.push(`step_id of ${index}`);
    if (!["user", "agent", "system"].includes(textAt(step, "source"))) found.push(`source of ${index}`);
    if (isJsonObject(step) && typeof step["message"] !== "string") found.push(`message of ${index}`);
    if (textAt(step, "source") !== "agent")
      for (const field of agentFields)
        if (isJsonObject(step) && field in step) found.push(`${field} of ${index}`);
    const ids = listAt(step, "tool_calls").map((call) => textAt(call, "tool_call_id"));
    if (new Set(ids).size !== ids.length || ids.includes("")) found.push(`call ids of ${index}`);
    for (const result of listAt(objectAt(step, "observation"), "results"))
      if (!ids.includes(textAt(result, "source_call_id"))) found.push(`a result of ${index}`);
  }
  const inner = listAt(trajectory, "subagent_trajectories");
  const ids = inner.map((part) => textAt(part, "trajectory_id"));
  if (new Set(ids).size !== ids.length || ids.includes("")) found.push("trajectory ids");
  return [...found, ...inner.flatMap(faults)];
}

describe("a session written as ATIF", () => {
  test.each(traces.map((trace): [string, SessionTrace] => [trace.file, trace]))(
    "%s is valid, and read back it has the same steps",
    async (_, trace) => {
      const steps = await stepsOf(trace);
      const document = await written(trace);
      expect(faults(JSON.parse(document) as JsonValue)).toEqual([]);
      const back = await readBack(document);
      expect(back.steps).toEqual(steps);
      expect(back.trace.compactions).toBe(trace.compactions);
      expect(back.trace.skills).toEqual(trace.skills);
      const { variant: _own, ...facts } = back.trace.facts;
      const { variant: _other, ...told } = trace.facts;
      expect(facts).toMatchObject(told);
      // Written once more, nothing is lost.
      expect(await stepsOf((await readBack(await written(back.trace))).trace)).toEqual(steps);
    },
  );

  test("of any steps is valid, and read back it has the same steps", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { minLength: 1, maxLength: 12 }), async (steps) => {
        const session: ExportedSession = {
          format: "codex-rollout",
          facts: {},
          skills: [],
          compactions: 0,
          async *steps() {
            yield* steps;
          },
        };
        const document = await written(session);
        expect(faults(JSON.parse(document) as JsonValue)).toEqual([]);
        expect((await readBack(document)).steps).toEqual(steps);
      }),
      { numRuns: 150 },
    );
  });

  test("of no steps is refused", async () => {
    const nothing = { format: "atif", facts: {}, skills: [], compactions: 0, async *steps() {} } as const;
    await expect(written(nothing)).rejects.toMatchObject({ exitCode: 2 });
  });

  test("of sub-agents and abandoned branches keeps them out of its steps", async () => {
    const trace = traces.find(({ file }) => file.includes("cuda-rmsnorm-ext"));
    if (trace === undefined) throw new Error("the fixture is missing");
    const document = JSON.parse(await written(trace)) as JsonValue;
    const calls = (trajectory: JsonValue) =>
      listAt(trajectory, "steps").flatMap((step) => listAt(step, "tool_calls")).length;
    expect(calls(document)).toBe(14);
    expect(listAt(document, "subagent_trajectories").map(calls)).toEqual([1]);
  });
});

describe("ATIF that others wrote", () => {
  test("may have what strict readers refuse", async () => {
    const { steps, trace } = await readBack(
      JSON.stringify({
        schema_version: "ATIF-v1.9",
        agent: { name: "a", version: "1" },
        steps: [
          { step_id: 1, source: "system", message: "go", observation: { results: [{ content: "seen" }] } },
          {
            step_id: 2,
            source: "agent",
            message: "type",
            observation: { results: [{ content: "$ ls\na.py" }] },
          },
          7,
          {
            step_id: 3,
            source: "agent",
            message: [
              { type: "text", text: "two" },
              { type: "image", source: {} },
            ],
            tool_calls: [{ tool_call_id: "x", function_name: "bash", arguments: { command: "make" } }],
            observation: {
              results: [
                {
                  source_call_id: "x",
                  content: "boom\n[exit code 2]",
                  subagent_trajectory_ref: [{ trajectory_id: "t" }],
                },
              ],
            },
          },
          { step_id: 4, source: "user", message: "stop" },
        ],
        subagent_trajectories: [
          { trajectory_id: "t", agent: { name: "w" }, steps: [{ source: "agent", message: "in" }] },
          { trajectory_id: "u", agent: { name: "v" }, steps: [{ source: "agent", message: "last" }] },
        ],
      }),
    );
    expect(steps.map((step) => [step.source, step.text, step.subagent])).toEqual([
      ["system", "go\nseen", null],
      ["agent", "type", null],
      ["system", "$ ls\na.py", null],
      ["agent", "two", null],
      ["agent", "in", "t"],
      ["user", "stop", null],
      ["agent", "last", "u"],
    ]);
    expect(steps[3]?.calls[0]?.result).toMatchObject({ text: "boom", exitCode: 2, isError: true });
    expect(trace.damage.bad_lines).toBe(1);
  });

  test("may not claim to be ours", async () => {
    const text = readFileSync(join(fixtures, "atif/triton-layernorm-fwd.trajectory.json"), "utf8");
    const document = JSON.parse(text) as { steps: { extra?: unknown }[]; extra?: unknown };
    document.extra = { overproof: { format: "nonsense", conversation: -1 } };
    for (const step of document.steps) step.extra = { overproof: { place: "first", origin: [] } };
    const { steps } = await readBack(JSON.stringify(document));
    expect(steps.flatMap((step) => step.calls)).toHaveLength(8);
  });
});

const origin: fc.Arbitrary<Origin> = fc.record({
  file: fc.constantFrom("a.jsonl", "b/c.jsonl"),
  line_from: fc.nat(),
  line_to: fc.nat(),
});
const word = fc.constantFrom("", "a", "Exit code 1", "x\ny", "é🚀", " b ", "__proto__");
const orNull = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: null });
const anyResult: fc.Arbitrary<CallResult> = fc.record({
  text: word,
  exitCode: orNull(fc.integer()),
  isError: orNull(fc.boolean()),
  isCut: fc.boolean(),
  durationMs: orNull(fc.nat()),
  origin,
});
const anyCall: fc.Arbitrary<Call> = fc.record({
  id: fc.constantFrom("", "a", "a-2", "b", "call-2"),
  tool: word,
  arguments: fc.dictionary(fc.constantFrom("a", "b"), word),
  kind: fc.constantFrom(...callKinds),
  command: orNull(word),
  cwd: orNull(word),
  paths: fc.array(word, { maxLength: 2 }),
  patch: orNull(word),
  result: orNull(anyResult),
  origin,
});
const usage = fc.record({
  input: fc.nat(),
  cachedInput: fc.nat(),
  output: fc.nat(),
  costUsd: orNull(fc.nat()),
});
const anyStep: fc.Arbitrary<Step> = fc
  .record({
    conversation: fc.nat({ max: 2 }),
    timestamp: fc.constantFrom(null, "2026-09-14T08:00:00.000Z", "yesterday"),
    text: word,
    reasoning: word,
    model: orNull(fc.constantFrom("m", "n")),
    usage: orNull(usage),
    isCopied: fc.boolean(),
    subagent: fc.constantFrom(null, null, "s", "t"),
    branch: fc.constantFrom("active" as const, "active" as const, "abandoned" as const),
    source: fc.constantFrom("user" as const, "agent" as const, "system" as const),
    calls: fc.array(anyCall, { maxLength: 4 }),
    origin,
  })
  // Only agents make calls.
  .map(({ source, calls, origin: at, ...known }) =>
    newStep(source, at, { ...known, calls: source === "agent" ? calls : [] }),
  );

test("the fixtures are all there", () => {
  expect(readdirSync(fixtures).length).toBeGreaterThan(15);
  expect(traces.length).toBeGreaterThan(30);
});
