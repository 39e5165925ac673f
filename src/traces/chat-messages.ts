import { chatConversation } from "./chat-conversation.ts";
import { documentOrigin, lineOrigin } from "./document-origin.ts";
import { isJsonObject, listAt, objectAt, textAt, type JsonValue } from "./json-value.ts";
import { knownFacts } from "./known-facts.ts";
import type { Origin, SessionFile, SessionSink, Step } from "./session.ts";
import { openAiUsage } from "./token-usage.ts";
import { wholeDocument } from "./whole-document.ts";

/**
 * Messages of OpenAI's chat completions: a document with `messages` (or the array alone), or JSON lines with one
 * conversation or one message a line. The format has no exit codes and no times.
 */
export async function* readChatMessages(file: SessionFile, sink: SessionSink): AsyncGenerator<Step> {
  const document = await wholeDocument(file);
  if (document === undefined) {
    yield* readLines(file, sink);
    return;
  }
  const root: (string | number)[] = Array.isArray(document) ? [] : ["messages"];
  const messages = Array.isArray(document) ? document : listAt(document, "messages");
  const originOf = (path: readonly (string | number)[], value: JsonValue | undefined): Origin =>
    documentOrigin(file, [...root, ...path], value);
  // A JSON-lines file with a single line is a document too.
  if (!Array.isArray(document) && textAt(document, "role") !== "") {
    const only = chatConversation({ conversation: 0, model: null }, sink);
    yield* only.add(document, () => documentOrigin(file, [], document));
    yield* only.rest();
    return;
  }
  yield* readConversation(document, messages, 0, originOf, sink);
}

async function* readLines(file: SessionFile, sink: SessionSink): AsyncGenerator<Step> {
  let conversations = 0;
  let loose: ReturnType<typeof chatConversation> | undefined;
  for await (const { value, line } of file.lines()) {
    const origin = lineOrigin(file, line);
    if (Array.isArray(value["messages"])) {
      yield* loose?.rest() ?? [];
      loose = undefined;
      yield* readConversation(value, value["messages"], conversations, () => origin, sink);
      conversations += 1;
    } else if (typeof value["role"] === "string") {
      if (loose === undefined) {
        loose = chatConversation({ conversation: conversations, model: null }, sink);
        conversations += 1;
      }
      yield* loose.add(value, () => origin);
    } else sink.damage(line, "neither a conversation nor a message");
  }
  yield* loose?.rest() ?? [];
}

/** The whole of one conversation; what the provider counted for it goes to its last answer. */
function readConversation(
  root: JsonValue,
  messages: readonly JsonValue[],
  conversation: number,
  originOf: (path: readonly (string | number)[], value: JsonValue | undefined) => Origin,
  sink: SessionSink,
): Step[] {
  if (conversation === 0) sink.facts(knownFacts({ sessionId: textAt(root, "id") }));
  const chat = chatConversation({ conversation, model: textAt(root, "model") || null }, sink);
  const steps = messages.flatMap((message, index) =>
    chat.add(message, (path) => originOf([index, ...path], valueAt(message, path))),
  );
  steps.push(...chat.rest());
  const last = steps.findLast((step) => step.source === "agent");
  const hasUsage = steps.some((step) => step.usage !== null);
  if (last !== undefined && !hasUsage) last.usage = openAiUsage(objectAt(root, "usage"));
  return steps;
}

function valueAt(value: JsonValue, path: readonly (string | number)[]): JsonValue | undefined {
  return path.reduce<JsonValue | undefined>((part, key) => {
    if (Array.isArray(part)) return part[Number(key)];
    return isJsonObject(part) ? part[key] : undefined;
  }, value);
}
