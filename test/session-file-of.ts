import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { isJsonObject, type JsonValue } from "../src/traces/json-value.ts";
import { openSessionFile } from "../src/traces/session-file.ts";
import type { SessionFile, SessionReader, SessionSink, Step } from "../src/traces/session.ts";

const fixtures = join(import.meta.dirname, "fixtures/traces");

/** A session file over a text in memory: for tests of readers that need no file. */
export function sessionFileOf(content: string, file = "session.jsonl"): SessionFile {
  const all = content.replace(/^\uFEFF/, "").split(/\r?\n/);
  return {
    file,
    async *lines() {
      for (const [index, text] of all.entries()) {
        const value = parsed(text);
        if (isJsonObject(value)) yield { value, line: index + 1 };
      }
    },
    async document() {
      return parsed(content);
    },
    async *text() {
      for (const [index, text] of all.entries()) yield { text, line: index + 1 };
    },
    lineOf: () => 1,
  };
}

/** JSON lines of some values. */
export function jsonLines(values: readonly unknown[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join("");
}

function parsed(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

/** What a reader gave: its steps and what it reported. */
export interface ReadSession {
  steps: Step[];
  facts: Parameters<SessionSink["facts"]>[0];
  damage: { line: number; reason: string }[];
  skills: string[];
  compactions: number;
}

export async function readSession(reader: SessionReader, file: SessionFile): Promise<ReadSession> {
  const read: ReadSession = { steps: [], facts: {}, damage: [], skills: [], compactions: 0 };
  const steps = reader(file, {
    facts: (facts) => Object.assign(read.facts, facts),
    damage: (line, reason) => read.damage.push({ line, reason }),
    skill: (name) => read.skills.push(name),
    compaction: () => (read.compactions += 1),
  });
  for await (const step of steps) read.steps.push(step);
  return read;
}

/** The counts of `labels.json`: what was done on the active branch. */
export function countsOf(steps: readonly Step[]) {
  const active = steps.filter((step) => step.branch === "active" && !step.isCopied);
  const calls = active.flatMap((step) => step.calls);
  return {
    user_messages: active.filter((step) => step.source === "user").length,
    tool_calls: calls.length,
    failed_tool_calls: calls.filter((call) => call.result?.isError === true).length,
  };
}

/** Reads a trace of `test/fixtures/traces` from its file. */
export async function readFixture(reader: SessionReader, path: string): Promise<ReadSession> {
  const damage: ReadSession["damage"] = [];
  const file = await openSessionFile(fixtures, path, (line, reason) => damage.push({ line, reason }));
  const read = await readSession(reader, file);
  return { ...read, damage: [...damage, ...read.damage] };
}

export function fixtureText(path: string): string {
  return readFileSync(join(fixtures, path), "utf8");
}

type Counts = ReturnType<typeof countsOf>;

/** What `labels.json` says about a trace. */
export function labelsOf(path: string): Counts & { format: string } {
  const labels = JSON.parse(fixtureText("labels.json")) as Record<string, Counts & { format: string }>;
  const label = labels[path];
  if (label === undefined) throw new Error(`labels.json does not know ${path}`);
  const { format, user_messages, tool_calls, failed_tool_calls } = label;
  return { format, user_messages, tool_calls, failed_tool_calls };
}

/**
 * Reads each beginning of a trace's lines, and says which of them read as something else than the beginning of its
 * steps; only the last step of a beginning may still grow.
 */
export async function oddPrefixes(reader: SessionReader, path: string): Promise<number[]> {
  const lines = fixtureText(path).split("\n");
  const { steps: whole } = await readSession(reader, sessionFileOf(lines.join("\n")));
  const odd: number[] = [];
  for (let count = 0; count < lines.length; count += 1) {
    const { steps } = await readSession(reader, sessionFileOf(lines.slice(0, count).join("\n")));
    const last = Math.max(0, steps.length - 1);
    const isSame =
      isDeepStrictEqual(steps.slice(0, last), whole.slice(0, last)) &&
      isDeepStrictEqual(steps.slice(last).map(beginning), whole.slice(last, steps.length).map(beginning));
    if (!isSame) odd.push(count);
  }
  return odd;
}

function beginning({ source, timestamp, isCopied, subagent, origin }: Step) {
  return { source, timestamp, isCopied, subagent, line: origin.line_from };
}
