import { basename, join } from "node:path";
import { rm, writeFile } from "node:fs/promises";
import { Failure } from "../failure.ts";
import { realPath } from "../files/real-path.ts";
import { silentReporter } from "../reporter.ts";
import { openSession } from "../traces/read-session.ts";
import type { Call, SessionTotals, Step, Usage } from "../traces/session.ts";
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
    const sessions: Session[] = [];
    for (const trace of traces) {
      const steps: Step[] = [];
      for await (const step of trace.steps()) steps.push(step);
      if (steps.length > 0) sessions.push({ steps, totals: trace.totals });
    }
    return sessions.length === 0 ? undefined : traceOf(sessions);
  } catch (error) {
    // An agent may leave anything there, also what may not be read.
    if (error instanceof Failure || (error instanceof Error && "code" in error)) return undefined;
    throw error;
  }
}

interface Session {
  steps: readonly Step[];
  totals: SessionTotals | undefined;
}

function traceOf(sessions: readonly Session[]): AgentTrace {
  const steps = sessions.flatMap((session) => agentSteps(session.steps));
  const own = steps.filter(({ subagent }) => subagent === null);
  const spent = sessions.map(spentIn);
  const usages = spent.flatMap(({ usages: some }) => some);
  const sum = (value: (usage: (typeof usages)[number]) => number): number | null =>
    usages.length === 0 ? null : usages.reduce((total, usage) => total + value(usage), 0);
  const costs = spent.map(({ costUsd }) => costUsd).filter((cost) => cost !== null);
  return {
    calls: steps.flatMap(({ calls }) => calls.map(toolCall)),
    answer: own.findLast(({ text }) => text.trim() !== "")?.text ?? "",
    model: own.find(({ model }) => model !== null)?.model ?? "",
    tokens: {
      input: sum(({ input }) => input),
      cached_input: sum(({ cachedInput }) => cachedInput),
      output: sum(({ output }) => output),
    },
    cost: costs.length < spent.length ? null : costs.reduce((total, cost) => total + cost, 0),
  };
}

function agentSteps(steps: readonly Step[]): Step[] {
  return steps.filter(({ source, isCopied }) => source === "agent" && !isCopied);
}

/** As the session sums it up, else step by step. */
function spentIn({ steps, totals }: Session): { usages: Usage[]; costUsd: number | null } {
  const byStep = agentSteps(steps).flatMap(({ usage }) => (usage === null ? [] : [usage]));
  const costs = byStep.map(({ costUsd }) => costUsd).filter((cost) => cost !== null);
  const isPriced = costs.length > 0 && costs.length === byStep.length;
  return {
    usages: totals?.usage ? [totals.usage] : byStep,
    costUsd: totals?.costUsd ?? (isPriced ? costs.reduce((sum, cost) => sum + cost, 0) : null),
  };
}

function toolCall({ tool, arguments: given, command, paths }: Call): ToolCall {
  const values = Object.values(given).filter((value) => typeof value === "string");
  return { tool, said: [JSON.stringify(given), command ?? "", ...paths].join("\n"), values };
}

/**
 * Whether an agent took up a skill: a tool for skills was called with its name, or a file of it was named by a path
 * in the folder of skills. This is what the agent's own log says, and it is as true as the log is: an agent can write to it.
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
