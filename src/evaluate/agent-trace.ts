import { basename, join } from "node:path";
import { rm, writeFile } from "node:fs/promises";
import { Failure } from "../failure.ts";
import { realPath } from "../files/real-path.ts";
import { silentReporter } from "../reporter.ts";
import { openSession } from "../traces/read-session.ts";
import type { Call, Step } from "../traces/session.ts";
import type { AgentWorkspace } from "./agent-workspace.ts";
import type { Trial } from "./trial.ts";

/** A call of a tool, as far as checks ask for it. */
export interface ToolCall {
  tool: string;
  /** Arguments as JSON, command line and paths, each on a line of its own. */
  said: string;
  /** Texts among the arguments, at the top level. */
  values: string[];
}

/** What an agent's own log of a run tells. */
export interface AgentTrace {
  calls: ToolCall[];
  /** The last words of the agent itself. */
  answer: string;
  /** As the log names it; empty where it does not. */
  model: string;
  tokens: Trial["tokens"];
  /** US dollars as the log has them; null where it does not say. */
  cost: number | null;
}

/** Stands for standard output in the configuration. */
export const traceOnOutput = "stdout";

/**
 * Reads the log that an agent left where its configuration says. Undefined where there is none that can be read, and
 * for one that is reached by a link: it may be anybody's.
 */
export async function readAgentTrace(
  named: string,
  { folder, home, work }: Pick<AgentWorkspace, "folder" | "home" | "work">,
  output: string,
): Promise<AgentTrace | undefined> {
  const path =
    named === traceOnOutput
      ? join(folder, "output.jsonl")
      : named.startsWith("~/")
        ? join(home, named.slice(2))
        : join(work, named);
  try {
    if (named === traceOnOutput) {
      // Whatever the agent put there goes first.
      await rm(path, { recursive: true, force: true });
      await writeFile(path, output, { flag: "wx" });
    }
    if ((await realPath(path)) !== path) return undefined;
    const { traces } = await openSession(path, { reporter: silentReporter });
    const steps: Step[] = [];
    for (const trace of traces) for await (const step of trace.steps()) steps.push(step);
    return steps.length === 0 ? undefined : traceOf(steps);
  } catch (error) {
    // An agent may leave anything there, also what may not be read.
    if (error instanceof Failure || (error instanceof Error && "code" in error)) return undefined;
    throw error;
  }
}

function traceOf(all: readonly Step[]): AgentTrace {
  const steps = all.filter(({ source, isCopied }) => source === "agent" && !isCopied);
  const own = steps.filter(({ subagent }) => subagent === null);
  const usages = steps.map(({ usage }) => usage).filter((usage) => usage !== null);
  const sum = (value: (usage: (typeof usages)[number]) => number): number | null =>
    usages.length === 0 ? null : usages.reduce((total, usage) => total + value(usage), 0);
  const isPriced = usages.every(({ costUsd }) => costUsd !== null);
  return {
    calls: steps.flatMap(({ calls }) => calls.map(toolCall)),
    answer: own.findLast(({ text }) => text.trim() !== "")?.text ?? "",
    model: own.find(({ model }) => model !== null)?.model ?? "",
    tokens: {
      input: sum(({ input }) => input),
      cached_input: sum(({ cachedInput }) => cachedInput),
      output: sum(({ output }) => output),
    },
    cost: isPriced ? sum(({ costUsd }) => costUsd ?? 0) : null,
  };
}

function toolCall({ tool, arguments: given, command, paths }: Call): ToolCall {
  const values = Object.values(given).filter((value) => typeof value === "string");
  return { tool, said: [JSON.stringify(given), command ?? "", ...paths].join("\n"), values };
}

/**
 * Whether an agent took up a skill: a tool for skills was called with its name, or a file of it was named by a path
 * in the folder of skills.
 */
export function wasSkillChosen(
  calls: readonly ToolCall[],
  { name, skillFolder }: { name: string; skillFolder: string },
): boolean {
  const folder = `${basename(skillFolder)}/${name}`;
  return calls.some(({ tool, said, values }) => {
    if (/skill/i.test(tool) && values.some((value) => value === name || value.endsWith(`:${name}`)))
      return true;
    for (let at = said.indexOf(folder); at !== -1; at = said.indexOf(folder, at + 1)) {
      const next = said.slice(at + folder.length, at + folder.length + 2);
      if (/^\/[\w.]/.test(next)) return true;
      // In a shell, the folder may be entered first.
      if (!/^[\w-]/.test(next) && said.includes("SKILL.md")) return true;
    }
    return false;
  });
}
