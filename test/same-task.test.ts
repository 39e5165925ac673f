import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { formatNames, type Call } from "../src/traces/session.ts";
import { sessionReaders } from "../src/traces/session-readers.ts";
import { countsOf, readFixture } from "./session-file-of.ts";

const labelSchema = z.object({
  format: z.enum(formatNames),
  task: z.string(),
  user_messages: z.number(),
  tool_calls: z.number(),
  failed_tool_calls: z.number(),
});
const fixtures = join(import.meta.dirname, "fixtures/traces");
const labels = Object.entries(
  z.record(z.string(), labelSchema).parse(JSON.parse(readFileSync(join(fixtures, "labels.json"), "utf8"))),
);

/** The calls of a trace's first conversation, as far as every format can tell them. */
async function callsOf(path: string, format: (typeof formatNames)[number]) {
  const { steps } = await readFixture(sessionReaders[format], path);
  const active = steps.filter((step) => step.conversation === 0 && step.branch === "active");
  // Where a session does not say in which folder it ran, its files cannot be named from there.
  const named = (text: string) =>
    format === "gemini-cli"
      ? text.replaceAll(/^\/home\/dev\/kernels\/|(?<=[ab]\/)home\/dev\/kernels\//g, "")
      : text;
  const comparable = ({ kind, command, paths, patch, result }: Call) => ({
    kind,
    command,
    paths: paths.map(named),
    patch: patch === null ? null : named(patch),
    text: result?.text,
    hasFailed: result?.isError === true,
  });
  return {
    calls: active.flatMap((step) => step.calls.map(comparable)),
    shape: active
      .filter((step) => step.source !== "system")
      .map((step) => ({ source: step.source, calls: step.calls.length })),
  };
}

describe("the counts of the labels", () => {
  test.each(labels)("are those of %s", async (path, { format, ...label }) => {
    const { steps, damage } = await readFixture(sessionReaders[format], path);
    const first = steps.filter((step) => step.conversation === 0 && step.subagent === null);
    expect(countsOf(first)).toEqual({
      user_messages: label.user_messages,
      tool_calls: label.tool_calls,
      failed_tool_calls: label.failed_tool_calls,
    });
    expect(damage).toEqual([]);
  });
});

describe("origins", () => {
  test.each(labels)("name the lines that tell a call and its result: %s", async (path, { format }) => {
    const { steps } = await readFixture(sessionReaders[format], path);
    const lines = readFileSync(join(fixtures, path), "utf8").split("\n");
    const told = (from: number, to: number) => lines.slice(from - 1, to).join("\n");
    for (const step of steps.filter((step) => step.subagent === null))
      for (const { id, command, result, origin } of step.calls) {
        const isEscaped = !path.endsWith(".md");
        const written = (text: string) => (isEscaped ? JSON.stringify(text).slice(1, -1) : text);
        const nested = (text: string) => written(isEscaped ? written(text) : text);
        const lines = told(origin.line_from, origin.line_to);
        if (id !== "" && !path.includes("swe-agent/")) expect.soft(lines, id).toContain(id);
        else if (command !== null)
          expect.soft([written(command), nested(command)].some((text) => lines.includes(text))).toBe(true);
        const [first = ""] = result?.text.split("\n") ?? [];
        const answer = told(result?.origin.line_from ?? 0, result?.origin.line_to ?? 0);
        expect
          .soft(
            [written(first), nested(first)].some((text) => answer.includes(text)),
            first,
          )
          .toBe(true);
      }
  });
});

describe("the same task told in several formats", () => {
  const told = Map.groupBy(labels, ([, { task }]) => task);
  const pairs = [...told].filter(([, traces]) => traces.length > 1);

  test.each(pairs)("gives equal steps: %s", async (_, traces) => {
    const read = await Promise.all(
      traces.map(async ([path, { format }]) => ({ path, format, ...(await callsOf(path, format)) })),
    );
    const [first] = read.filter(({ path }) => !path.includes("swiglu-chat"));
    expect(first?.calls.length).toBeGreaterThan(2);
    for (const { path, calls, shape } of read) {
      expect.soft(shape, path).toEqual(first?.shape);
      // A terminal shows which file was changed, not how.
      const expected = path.includes("swiglu-chat")
        ? first?.calls.map((call) => ({ ...call, patch: null }))
        : first?.calls;
      expect.soft(calls, path).toEqual(expected);
    }
  });

  test("covers seven tasks", () => {
    expect(pairs).toHaveLength(7);
  });
});
