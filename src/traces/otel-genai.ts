import { documentOrigin, lineOrigin } from "./document-origin.ts";
import { isJsonObject, textAt, type JsonValue } from "./json-value.ts";
import { knownFacts } from "./known-facts.ts";
import { agentTree } from "./otel-agents.ts";
import { addContent, otelChat, plainMessage, type OtelChat, type OtelHistory } from "./otel-history.ts";
import {
  attributeContent,
  eventMessage,
  messageKey,
  operationOf,
  type OtelMessage,
} from "./otel-messages.ts";
import { otelSteps, type OtelSession } from "./otel-steps.ts";
import { toolSpan, type ToolSpan } from "./otel-tools.ts";
import { otlpRecords, type OtelRecord } from "./otlp-records.ts";
import type { Origin, SessionFile, SessionSink, Step } from "./session.ts";
import { wholeDocument } from "./whole-document.ts";

/**
 * Spans and logs with the GenAI conventions of OpenTelemetry: an OTLP document, or JSON lines with an OTLP object or
 * one span of the JavaScript SDK a line. Records come in any order, and each answer of a model repeats the history
 * before it: a message is kept once, where it was told first, so that the last answer's history is told as a whole and
 * every answer keeps its time, its usage and its place. Steps can be told only when everything was read. Where
 * messages were not recorded, the spans of models and tools tell what was done.
 */
export async function* readOtelGenai(file: SessionFile, sink: SessionSink): AsyncGenerator<Step> {
  const telemetry = collector(sink);
  const document = await wholeDocument(file);
  if (document === undefined) {
    for await (const { value, line } of file.lines())
      for (const record of otlpRecords(value)) telemetry.add(record, lineOrigin(file, line));
  } else {
    for (const record of otlpRecords(document))
      telemetry.add(record, documentOrigin(file, record.path, valueAt(document, record.path)));
  }
  yield* otelSteps(telemetry.end(), sink);
}

function valueAt(document: JsonValue, path: readonly (string | number)[]): JsonValue | undefined {
  let value: JsonValue | undefined = document;
  for (const key of path) {
    if (Array.isArray(value)) value = value[Number(key)];
    else value = isJsonObject(value) ? value[key] : undefined;
  }
  return value;
}

interface ChatState {
  chat: OtelChat;
  hasContent: boolean;
  events: { isOutput: boolean; message: OtelMessage }[];
}

function collector(sink: SessionSink) {
  const agents = agentTree();
  const tools: ToolSpan[] = [];
  const chats = new Map<string, ChatState>();
  const histories = new Map<string, { traceId: string; parentId: string; history: OtelHistory }>();
  /** Each answer repeats the events of the history too; equal ones are kept once. */
  const eventMessages = new Map<string, OtelMessage>();
  return { add, end };

  function add(record: OtelRecord, origin: Origin): void {
    const operation = operationOf(record);
    if (record.kind === "log") {
      addLog(record, origin);
      return;
    }
    agents.add(record, operation === "agent");
    if (operation === "agent") {
      const told = (name: string): string => textAt(record.attributes, `gen_ai.${name}`);
      // The outermost agent is the session's own.
      if (record.parentId === "" || agents.isFirst())
        sink.facts(
          knownFacts({
            agent: told("agent.name"),
            agentVersion: told("agent.version"),
            sessionId: told("conversation.id"),
          }),
        );
    } else if (operation === "tool") tools.push(toolSpan(record, origin));
    else if (operation === "chat") {
      const state = stateOf(record, origin);
      addAttributes(state, record);
      for (const { name, attributes } of record.events) addEvent(state, name, attributes, null);
    }
  }

  function addLog(record: OtelRecord, origin: Origin): void {
    const name = record.name || textAt(record.attributes, "event.name");
    if (!name.startsWith("gen_ai.")) return;
    agents.addTrace(record);
    const state = chats.get(record.spanId) ?? stateOf(record, origin);
    if (name === "gen_ai.client.inference.operation.details") addAttributes(state, record);
    else addEvent(state, name, record.attributes, record.body);
  }

  /** The span of an answer takes the place of what its logs told before. */
  function stateOf(record: OtelRecord, origin: Origin): ChatState {
    const known = record.spanId === "" ? undefined : chats.get(record.spanId);
    const chat = otelChat(record, origin);
    const state = known ?? { chat, hasContent: false, events: [] };
    Object.assign(state.chat, chat);
    chats.set(record.spanId || `without id ${chats.size}`, state);
    return state;
  }

  function addAttributes(state: ChatState, record: OtelRecord): void {
    const content = attributeContent(record.attributes);
    if (addContent(historyOf(state.chat), state.chat, content)) state.hasContent = true;
  }

  function addEvent(
    state: ChatState,
    name: string,
    attributes: Record<string, JsonValue>,
    body: JsonValue,
  ): void {
    const event = eventMessage(name, attributes, body);
    if (event === undefined) return;
    const key = messageKey(event.message);
    const message = eventMessages.get(key) ?? event.message;
    eventMessages.set(key, message);
    state.events.push({ isOutput: event.isOutput, message });
  }

  function historyOf(chat: OtelChat): OtelHistory {
    const key = `${chat.traceId} ${chat.parentId}`;
    const known = histories.get(key);
    if (known !== undefined) return known.history;
    const history: OtelHistory = new Map();
    histories.set(key, { traceId: chat.traceId, parentId: chat.parentId, history });
    return history;
  }

  function end(): OtelSession {
    for (const { chat, hasContent, events } of chats.values()) {
      if (hasContent) continue;
      const told = (isOutput: boolean): OtelMessage[] =>
        events.filter((event) => event.isOutput === isOutput).map((event) => event.message);
      const content =
        events.length > 0
          ? { instructions: "", input: told(false), output: told(true) }
          : { instructions: "", input: undefined, output: [plainMessage("assistant", "")] };
      addContent(historyOf(chat), chat, content);
    }
    return { agents, tools, histories: [...histories.values()] };
  }
}
