import { collectSessions, type SessionEvidence } from "../src/evidence/session.ts";
import { describeCall } from "../src/traces/call.ts";
import { newStep } from "../src/traces/new-step.ts";
import type { Call, Step } from "../src/traces/session.ts";
import type { JsonValue } from "../src/traces/json-value.ts";

/** What is told of a session, one turn after the other. */
export type Turn = Partial<Pick<Step, "isCopied" | "subagent" | "branch" | "conversation" | "reasoning">> &
  (
    | { user: string }
    | { agent: string }
    | { run: string; prints: string; exit?: number | null }
    | { edit: string; from: string; to: string }
    | { write: string; content: string }
    | { fetch: string; gives: string }
  );

/** Steps as a reader gives them, each on a line of its own. */
export function madeSteps(turns: readonly Turn[]): Step[] {
  return turns.map((turn, index) => {
    const origin = { file: "session.jsonl", line_from: index + 1, line_to: index + 1 };
    const { isCopied = false, subagent = null, branch = "active", conversation = 0, reasoning = "" } = turn;
    const known = { isCopied, subagent, branch, conversation, reasoning };
    const call = (tool: string, args: Record<string, JsonValue>, text: string, exit: number | null): Step => {
      const isError = exit === null ? null : exit !== 0;
      const result = { text, exitCode: exit, isError, isCut: false, durationMs: null, origin };
      const made: Call = { id: `call-${index}`, tool, ...describeCall(tool, args), result, origin };
      return newStep("agent", origin, { ...known, calls: [made] });
    };
    if ("user" in turn) return newStep("user", origin, { ...known, text: turn.user });
    if ("agent" in turn) return newStep("agent", origin, { ...known, text: turn.agent });
    if ("run" in turn)
      return call("bash", { command: turn.run }, turn.prints, turn.exit === undefined ? 0 : turn.exit);
    if ("edit" in turn) {
      const args = { path: turn.edit, old_str: turn.from, new_str: turn.to };
      return call("edit_file", args, "The file was updated.", null);
    }
    if ("write" in turn)
      return call("write_file", { path: turn.write, content: turn.content }, "The file was created.", null);
    return call("web_fetch", { url: turn.fetch }, turn.gives, null);
  });
}

/** The evidence of one made session; `trace` stands for its digest. */
export async function madeEvidence(
  turns: readonly Turn[],
  { trace = "0a1b2c3d", exitStatus = "" } = {},
): Promise<SessionEvidence> {
  const [evidence] = await collectSessions(madeSteps(turns), {
    digest: () => Promise.resolve(trace.padEnd(64, "0")),
    source: `${trace}.jsonl`,
    format: "claude-code-jsonl",
    facts: () => (exitStatus === "" ? {} : { exitStatus }),
  });
  if (evidence === undefined) throw new Error("The turns make no session.");
  return evidence;
}
