import { textAt } from "./json-value.ts";
import type { OtelRecord } from "./otlp-records.ts";

/** Whose work a span is. */
export interface OtelAgent {
  /** The conversation's id, or its trace where none is recorded. */
  conversation: string;
  /** The same for all spans of one agent in a conversation. */
  key: string;
  /** The name of a sub-agent; null for the session's own agent. */
  subagent: string | null;
}

interface Span {
  parentId: string;
  /** The name of the agent that runs in this span. */
  agent: string | undefined;
}

/** How spans are nested, as far as it tells which agent did what. */
export function agentTree() {
  const spans = new Map<string, Span>();
  const conversations = new Map<string, string>();
  const nearest = new Map<string, string | undefined>();
  let agents = 0;
  return { add, addTrace, isFirst: () => agents === 1, agentOf };

  function add(record: OtelRecord, isAgent: boolean): void {
    addTrace(record);
    if (isAgent) agents += 1;
    const name =
      textAt(record.attributes, "gen_ai.agent.name") || record.name.replace(/^invoke_agent\s*/, "");
    if (record.spanId !== "")
      spans.set(record.spanId, {
        parentId: record.parentId,
        agent: isAgent ? name || record.spanId : undefined,
      });
  }

  function addTrace({ traceId, attributes }: OtelRecord): void {
    const conversation = textAt(attributes, "gen_ai.conversation.id");
    if (conversation !== "" && !conversations.has(traceId)) conversations.set(traceId, conversation);
  }

  /** The agent of a span, told from its parent. Asked for when all spans were added. */
  function agentOf(traceId: string, parentId: string): OtelAgent {
    const conversation = conversations.get(traceId) ?? `trace ${traceId}`;
    const own = nearestAgent(parentId);
    const outer = own === undefined ? undefined : nearestAgent(spans.get(own)?.parentId ?? "");
    const subagent = own === undefined || outer === undefined ? null : (spans.get(own)?.agent ?? own);
    return { conversation, key: `${conversation} ${subagent === null ? "" : own}`, subagent };
  }

  function nearestAgent(spanId: string): string | undefined {
    const path: string[] = [];
    const walked = new Set<string>();
    let at: string | undefined = spanId;
    while (at !== undefined && !nearest.has(at) && !walked.has(at) && spans.get(at)?.agent === undefined) {
      walked.add(at);
      path.push(at);
      at = spans.get(at)?.parentId;
    }
    const isAgent = at !== undefined && spans.get(at)?.agent !== undefined;
    const found = isAgent ? at : nearest.get(at ?? "");
    for (const passed of path) nearest.set(passed, found);
    return found;
  }
}
