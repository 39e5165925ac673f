import type { Damage, SessionTrace } from "./read-session.ts";
import type { FormatName, Step } from "./session.ts";

/** How a session ended, as far as the trace tells. */
export type OutcomeStatus = "success" | "failure" | "partial" | "unknown";

/** What happened in one conversation, by the session's own agent on the active branch and not told again. */
export interface ConversationCounts {
  user_messages: number;
  tool_calls: number;
  failed_tool_calls: number;
}

/** One entry of `traces` in `traces.json`. The counts are those of the first conversation of the file. */
export interface TraceEntry extends ConversationCounts {
  format: FormatName;
  file: string;
  outcome: OutcomeStatus;
  /** The counts of the conversations after the first, where a file holds several. */
  further_conversations?: ConversationCounts[];
  damage: Damage;
}

/** Counts steps as they are read, so that no second reading is needed. */
export function sessionCounter() {
  const counts = new Map<number, ConversationCounts>();

  return { add, entry };

  function add(step: Step): void {
    if (step.branch !== "active" || step.subagent !== null || step.isCopied) return;
    const conversation = counts.get(step.conversation) ?? { ...none };
    counts.set(step.conversation, conversation);
    if (step.source === "user") conversation.user_messages += 1;
    conversation.tool_calls += step.calls.length;
    conversation.failed_tool_calls += step.calls.filter((call) => call.result?.isError === true).length;
  }

  /** The entry of a session whose steps were all added. */
  function entry(trace: SessionTrace, outcome: OutcomeStatus): TraceEntry {
    const numbers = [...counts.keys()].filter((number) => number > 0).toSorted((a, b) => a - b);
    const further = numbers.map((number) => counts.get(number) ?? none);
    return {
      format: trace.format,
      file: trace.file,
      outcome,
      ...(counts.get(0) ?? none),
      ...(further.length > 0 ? { further_conversations: further } : {}),
      damage: trace.damage,
    };
  }
}

const none: ConversationCounts = { user_messages: 0, tool_calls: 0, failed_tool_calls: 0 };
