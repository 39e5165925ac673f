import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { silentReporter } from "../src/reporter.ts";
import { openSession } from "../src/traces/read-session.ts";
import { sessionCounter } from "../src/traces/session-counts.ts";
import { formatNames, type Step } from "../src/traces/session.ts";

const folder = resolve(import.meta.dirname, "fixtures/traces");
const labels = z
  .record(
    z.string(),
    z.object({
      format: z.enum(formatNames),
      user_messages: z.number(),
      tool_calls: z.number(),
      failed_tool_calls: z.number(),
      subagent_tool_calls: z.number(),
      abandoned_branches: z.number().optional(),
      compactions: z.number().optional(),
      subagents: z.number().optional(),
      conversations: z.array(z.string()).optional(),
    }),
  )
  .parse(JSON.parse(readFileSync(join(folder, "labels.json"), "utf8")));

async function read(file: string) {
  const { traces } = await openSession(join(folder, file), { reporter: silentReporter });
  const [trace] = traces;
  if (trace === undefined) throw new Error(`${file} holds no trace`);
  const counter = sessionCounter();
  const steps: Step[] = [];
  for await (const step of trace.steps()) {
    counter.add(step);
    steps.push(step);
  }
  return { trace, steps, entry: counter.entry(trace, "unknown") };
}

function count<T>(values: Iterable<T>): number {
  return new Set(values).size;
}

/** Runs of steps on branches that the person went back from. */
function abandonedBranches(steps: readonly Step[]): number {
  return steps.filter(
    (step, index) => step.branch === "abandoned" && steps[index - 1]?.branch !== "abandoned",
  ).length;
}

describe("a labelled trace", () => {
  test.each(Object.entries(labels))("%s is read as labelled", async (file, label) => {
    const { trace, steps, entry } = await read(file);
    expect(entry).toMatchObject({
      format: label.format,
      user_messages: label.user_messages,
      tool_calls: label.tool_calls,
      failed_tool_calls: label.failed_tool_calls,
      damage: { bad_lines: 0, truncated: false },
    });
    const bySubagents = steps.filter((step) => step.subagent !== null);
    expect(bySubagents.flatMap((step) => step.calls)).toHaveLength(label.subagent_tool_calls);
    expect(1 + (entry.further_conversations?.length ?? 0)).toBe(label.conversations?.length ?? 1);
    if (label.subagents !== undefined)
      expect(count(bySubagents.map((step) => step.subagent))).toBe(label.subagents);
    if (label.compactions !== undefined) expect(trace.compactions).toBe(label.compactions);
    if (label.abandoned_branches !== undefined)
      expect(abandonedBranches(steps)).toBe(label.abandoned_branches);
  });
});

/** What a format does not say, so that it cannot be compared. */
type Lack =
  | "the prompt"
  | "patches"
  | "what edits answer"
  /** Files are named by absolute paths, and the folder of the session is not told. */
  | "the folder"
  /** Words before a call and the reasoning behind them are one text. */
  | "reasoning apart";

interface Telling {
  file: string;
  conversation?: number;
  lacks?: Lack[];
  /** What its harness writes before the task. */
  preamble?: string;
}

/** The same task, told in several formats. */
const tellings: Record<string, Telling[]> = {
  "SwiGLU in Triton": [
    { file: "markdown/triton-swiglu-chat.md", lacks: ["patches"] },
    { file: "gemini-cli/session-2026-09-14T08-00-45600551.jsonl", lacks: ["the folder"] },
    { file: "pi/2026-09-14T11-42-24_66d8fe92-3571-43b3-a43d-10cf399c52c2.jsonl" },
  ],
  "an activation kernel": [
    { file: "markdown/kernel-builder-activation.md" },
    { file: "copilot-cli/b6320259-823e-4ca1-a493-dd1d58342d03/events.jsonl" },
    { file: "fast-agent/history_kernel.json" },
  ],
  "causal conv1d": [
    { file: "otel-genai/triton-conv1d-causal.otlp.json" },
    { file: "opencode/ses_e7c2952e3b10683b0e26445771.json" },
  ],
  "int8 GEMM": [
    { file: "swe-agent/triton-int8-gemm.traj.json", preamble: "Please solve this issue: " },
    { file: "hf-sts/triton-int8-gemm.jsonl" },
  ],
  "int8 dequantise": [
    { file: "otel-genai/cuda-int8-dequant.otlp.jsonl" },
    { file: "openai-responses/cuda-int8-dequant.json" },
  ],
  "fused cross-entropy": [
    { file: "anthropic-messages/triton-cross-entropy.json" },
    { file: "openai-messages/triton-cross-entropy.json" },
  ],
  "prefix sum": [
    { file: "openhands/cuda-prefix-sum.json", lacks: ["reasoning apart"] },
    { file: "openai-messages/two-conversations.jsonl" },
  ],
  argmax: [
    {
      file: "codex-exec/cuda-argmax-followup.jsonl",
      lacks: ["the prompt", "patches", "what edits answer", "the folder"],
    },
    { file: "openai-messages/two-conversations.jsonl", conversation: 1 },
  ],
};

/** What happened, in order, without what one of the formats does not say. */
function story(steps: readonly Step[], telling: Telling, lacks: ReadonlySet<Lack>): unknown[] {
  const name = (path: string) => (lacks.has("the folder") ? (path.split("/").at(-1) ?? "") : path);
  return steps
    .filter((step) => step.conversation === (telling.conversation ?? 0) && step.branch === "active")
    .filter((step) => step.source === "agent" || (step.source === "user" && !lacks.has("the prompt")))
    .flatMap((step) => {
      const words = lacks.has("reasoning apart") ? [step.reasoning, step.text] : [step.text];
      const text = words.join(" ").trim();
      const said = text === "" ? [] : [[step.source, text.replace(telling.preamble ?? "", "")]];
      const done = step.calls.map((call) => ({
        kind: call.kind,
        command: call.command,
        paths: call.paths.map(name),
        // The first two lines name the file; of it only the last part is compared where the folder is not told.
        patch: lacks.has("patches")
          ? null
          : (call.patch?.split("\n").slice(lacks.has("the folder") ? 2 : 0) ?? null),
        answer: call.kind !== "shell" && lacks.has("what edits answer") ? null : call.result?.text,
        // Formats that mark nothing leave it open whether a call that shows no failure went well.
        failed: call.result?.isError === true,
      }));
      return [...said, ...done];
    });
}

describe("the same task told in several formats has the same steps", () => {
  test.each(Object.entries(tellings))("%s", async (_, told) => {
    const lacks = new Set(told.flatMap((telling) => telling.lacks ?? []));
    const stories: unknown[][] = [];
    for (const telling of told) stories.push(story((await read(telling.file)).steps, telling, lacks));
    const [first, ...others] = stories;
    expect(first?.length).toBeGreaterThan(5);
    for (const other of others) expect(other).toEqual(first);
  });

  test("also the patches, where one of three formats has none", async () => {
    const [, ...told] = tellings["SwiGLU in Triton"] ?? [];
    const lacks = new Set<Lack>(["the folder"]);
    const stories: unknown[][] = [];
    for (const telling of told) stories.push(story((await read(telling.file)).steps, telling, lacks));
    expect(stories[1]).toEqual(stories[0]);
  });
});
