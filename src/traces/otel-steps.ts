import { partUserText } from "./harness-text.ts";
import { isoTime } from "./iso-time.ts";
import { newCall, newStep } from "./new-step.ts";
import type { agentTree, OtelAgent } from "./otel-agents.ts";
import { keepFirst, toldOrder, type OtelHistory, type ToldMessage } from "./otel-history.ts";
import { callResult, spanCall, type ToolSpan } from "./otel-tools.ts";
import { openCalls, wholeDocument } from "./open-calls.ts";
import type { SessionSink, Step } from "./session.ts";

/** Everything that a file tells, before it is put in order. */
export interface OtelSession {
  agents: ReturnType<typeof agentTree>;
  tools: ToolSpan[];
  histories: { traceId: string; parentId: string; history: OtelHistory }[];
}

interface AgentWork {
  agent: OtelAgent;
  history: OtelHistory;
  tools: ToolSpan[];
}

interface TimedStep {
  step: Step;
  start: number;
}

/** The steps of all agents, conversation by conversation, in the order of their times. */
export function* otelSteps(session: OtelSession, sink: SessionSink): Generator<Step> {
  const timed = joinConversations(worksOf(session)).map((work) => ({ work, steps: stepsOf(work, sink) }));
  const conversations = [...Map.groupBy(timed, ({ work }) => work.agent.conversation).values()]
    .map((agents) => agents.flatMap(({ steps }) => steps).sort((a, b) => a.start - b.start))
    .sort((a, b) => (a[0]?.start ?? 0) - (b[0]?.start ?? 0));
  for (const [conversation, steps] of conversations.entries())
    for (const { step } of steps) yield { ...step, conversation };
}

function worksOf({ agents, tools, histories }: OtelSession): AgentWork[] {
  const works = new Map<string, AgentWork>();
  const workOf = (traceId: string, parentId: string): AgentWork => {
    const agent = agents.agentOf(traceId, parentId);
    const work = works.get(agent.key) ?? { agent, history: new Map(), tools: [] };
    works.set(agent.key, work);
    return work;
  };
  for (const { traceId, parentId, history } of histories) {
    const work = workOf(traceId, parentId);
    for (const [key, told] of history) keepFirst(work.history, key, told);
  }
  for (const tool of tools) workOf(tool.traceId, tool.parentId).tools.push(tool);
  return [...works.values()];
}

/**
 * Without an id of the conversation each turn is a trace of its own. A trace that repeats all that the one before it
 * told goes on with it.
 */
function joinConversations(works: AgentWork[]): AgentWork[] {
  const own = works
    .filter((work) => work.agent.subagent === null && work.history.size > 0)
    .map((work) => ({ work, start: firstStart(work.history) }))
    .sort((a, b) => a.start - b.start);
  const joined = new Set<AgentWork>();
  const goesOnIn = new Map<string, string>();
  for (const [index, { work: later }] of own.entries()) {
    const earlier = own[index - 1]?.work;
    if (earlier === undefined || !later.agent.conversation.startsWith("trace ")) continue;
    if (![...earlier.history.keys()].every((key) => later.history.has(key))) continue;
    for (const [key, told] of earlier.history) keepFirst(later.history, key, told);
    for (const tool of earlier.tools) later.tools.push(tool);
    goesOnIn.set(earlier.agent.conversation, later.agent.conversation);
    joined.add(earlier);
  }
  // Each goes on in a later one, so that from the end all of a chain are known.
  for (const [from, to] of [...goesOnIn].reverse()) goesOnIn.set(from, goesOnIn.get(to) ?? to);
  return works
    .filter((work) => !joined.has(work))
    .map((work) => {
      const conversation = goesOnIn.get(work.agent.conversation) ?? work.agent.conversation;
      return { ...work, agent: { ...work.agent, conversation } };
    });
}

function firstStart(history: OtelHistory): number {
  let first = Number.POSITIVE_INFINITY;
  for (const { chat } of history.values()) first = Math.min(first, chat.start);
  return first;
}

function stepsOf({ agent, history, tools }: AgentWork, sink: SessionSink): TimedStep[] {
  const spans = new Map(tools.filter(({ id }) => id !== "").map((span) => [span.id, span]));
  const calls = openCalls(wholeDocument);
  const steps: TimedStep[] = [];
  for (const told of [...history.values()].sort(toldOrder)) {
    const { chat, message } = told;
    for (const step of messageSteps(told, agent)) {
      calls.add(step);
      steps.push({ step, start: chat.start });
    }
    for (const { id, answer } of message.results) {
      const known = calls.answer(id, (call) => callResult(call, answer, chat.origin, spans.get(call.id)));
      if (!known) sink.damage(chat.origin.line_from, "a result for a call that is not there");
    }
  }
  return withSpans(steps, tools, agent);
}

function messageSteps(told: ToldMessage, agent: OtelAgent): Step[] {
  const { message, chat } = told;
  const time = told.isOutput ? (chat.end ?? chat.start) : chat.start;
  const known = { timestamp: isoTime(time), subagent: agent.subagent };
  switch (message.role) {
    case "assistant":
      return [
        newStep("agent", chat.origin, {
          ...known,
          text: message.text,
          reasoning: message.reasoning,
          model: chat.model,
          calls: message.calls.map((call) => newCall(call.id, call.tool, call.arguments, chat.origin)),
          usage: told.isOutput && told.index === 0 ? chat.usage : null,
        }),
      ];
    case "user": {
      // What a sub-agent is asked was written by the agent that called it.
      const { words, harness } =
        agent.subagent === null ? partUserText(message.text) : { words: "", harness: message.text };
      return [
        ...(harness === "" ? [] : [newStep("system", chat.origin, { ...known, text: harness })]),
        ...(words === "" ? [] : [newStep("user", chat.origin, { ...known, text: words })]),
      ];
    }
    case "system":
    case "developer":
      return message.text === "" ? [] : [newStep("system", chat.origin, { ...known, text: message.text })];
    default:
      return [];
  }
}

/** Adds what the spans of tools know: results that no message tells, and calls that no message tells. */
function withSpans(steps: TimedStep[], tools: readonly ToolSpan[], agent: OtelAgent): TimedStep[] {
  const told = steps.flatMap(({ step }) => step.calls);
  const byId = new Map(told.filter(({ id }) => id !== "").map((call) => [call.id, call]));
  const nameless = Map.groupBy(
    told.filter(({ id }) => id === ""),
    ({ tool }) => tool,
  );
  const answers = steps.filter(({ step }) => step.source === "agent");
  const alone: TimedStep[] = [];
  let next = 0;
  for (const span of [...tools].sort((a, b) => a.start - b.start)) {
    const call = byId.get(span.id) ?? (span.id === "" ? nameless.get(span.tool)?.shift() : undefined);
    if (call !== undefined) {
      call.result ??= callResult(call, span.answer, span.origin, span);
      continue;
    }
    // A call goes to the agent's last answer before it, or is a step of its own.
    while ((answers[next]?.start ?? Number.POSITIVE_INFINITY) <= span.start) next += 1;
    const before = answers[next - 1]?.step;
    if (before !== undefined) before.calls.push(spanCall(span));
    else alone.push({ start: span.start, step: spanStep(span, agent) });
  }
  return [...alone, ...steps].sort((a, b) => a.start - b.start);
}

function spanStep(span: ToolSpan, agent: OtelAgent): Step {
  return newStep("agent", span.origin, {
    timestamp: isoTime(span.start),
    calls: [spanCall(span)],
    subagent: agent.subagent,
  });
}
