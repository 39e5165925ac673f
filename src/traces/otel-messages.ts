import { sha256 } from "../digest.ts";
import { isJsonObject, listAt, numberAt, objectAt, textAt, type JsonValue } from "./json-value.ts";
import { answerText, contentText, joinTexts } from "./message-content.ts";
import type { OtelRecord } from "./otlp-records.ts";

/** A message of the GenAI conventions, in any of their versions. */
export interface OtelMessage {
  role: string;
  text: string;
  reasoning: string;
  calls: { id: string; tool: string; arguments: JsonValue | undefined }[];
  results: { id: string; answer: JsonValue | undefined }[];
}

/** What a chat span or its log records tell. Undefined where it was not recorded, or too long to be read. */
export interface OtelContent {
  instructions: string;
  input: OtelMessage[] | undefined;
  output: OtelMessage[] | undefined;
}

/** The content in attributes (`gen_ai.input.messages`, since version 1.37), structured or as JSON text. */
export function attributeContent(attributes: Record<string, JsonValue>): OtelContent {
  return {
    instructions: contentText(structured(attributes["gen_ai.system_instructions"])),
    input: messageList(attributes["gen_ai.input.messages"]),
    output: messageList(attributes["gen_ai.output.messages"]),
  };
}

function messageList(value: JsonValue | undefined): OtelMessage[] | undefined {
  const list = structured(value);
  return Array.isArray(list) ? list.filter(isJsonObject).map(partsMessage) : undefined;
}

/** JSON text as its value; what is none, such as a text whose middle was left out, stays as it is. */
export function structured(value: JsonValue | undefined): JsonValue | undefined {
  if (typeof value !== "string" || !/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value) as JsonValue;
  } catch {
    return value;
  }
}

function partsMessage(message: Record<string, JsonValue>): OtelMessage {
  const parts = listAt(message, "parts");
  const ofType = (...types: string[]): JsonValue[] =>
    parts.filter((part) => types.includes(textAt(part, "type")));
  return {
    role: textAt(message, "role"),
    text: joinTexts([contentText(message["content"]), contentText(ofType("text"))]),
    reasoning: contentText(ofType("reasoning")),
    calls: ofType("tool_call", "server_tool_call").flatMap((part) => {
      const tool = textAt(part, "name");
      const args = isJsonObject(part) ? (part["arguments"] ?? part["server_tool_call"]) : undefined;
      return tool === "" ? [] : [{ id: textAt(part, "id"), tool, arguments: args }];
    }),
    results: ofType("tool_call_response", "server_tool_call_response").map((part) => ({
      id: textAt(part, "id"),
      answer: isJsonObject(part)
        ? (part["response"] ?? part["result"] ?? part["server_tool_call_response"])
        : undefined,
    })),
  };
}

/** A message as an event or a log record, deprecated since version 1.37: its name tells the role. */
export function eventMessage(
  name: string,
  attributes: Record<string, JsonValue>,
  body: JsonValue,
): { message: OtelMessage; isOutput: boolean } | undefined {
  const [, role] = /^gen_ai\.(?:(system|user|assistant|tool)\.message|choice)$/.exec(name) ?? [];
  if (role === undefined && name !== "gen_ai.choice") return undefined;
  const plain = structured(body);
  const told = isJsonObject(plain) ? plain : eventBody(attributes);
  const inner = role === undefined ? structured(told["message"]) : told;
  const message = isJsonObject(inner) ? inner : { content: inner ?? null };
  const content = message["content"];
  return {
    isOutput: role === undefined,
    message: {
      role: role ?? "assistant",
      text: role === "tool" ? "" : contentText(content),
      reasoning: "",
      calls: list(message["tool_calls"]).flatMap((call) => {
        const fn = objectAt(call, "function");
        const tool = textAt(fn, "name");
        return tool === "" ? [] : [{ id: textAt(call, "id"), tool, arguments: fn["arguments"] }];
      }),
      results: role === "tool" ? [{ id: textAt(message, "id"), answer: content }] : [],
    },
  };
}

function list(value: JsonValue | undefined): JsonValue[] {
  const found = structured(value);
  return Array.isArray(found) ? found : [];
}

function eventBody(attributes: Record<string, JsonValue>): Record<string, JsonValue> {
  const content = structured(attributes["gen_ai.event.content"]);
  return isJsonObject(content) ? content : attributes;
}

/**
 * What makes a message the same where another span tells it again: the ids of its calls or results, else its words.
 * Long words are hashed, so that keys stay small.
 */
export function messageKey(message: OtelMessage): string {
  const ids = [...message.calls, ...message.results].map(({ id }) => id);
  if (ids.length > 0 && !ids.includes(""))
    return `${message.calls.length > 0 ? "calls" : "results"} ${ids.join(" ")}`;
  const words = JSON.stringify([message.text.trim(), message.calls, message.results]);
  return `${message.role} ${words.length < 100 ? words : sha256(words)}`;
}

/** The text and the exit code of a tool's answer, which may be a text, structured, or structured as JSON text. */
export function toolAnswer(answer: JsonValue | undefined): { text: string; exitCode: number | null } {
  const told = structured(answer);
  if (!isJsonObject(told)) return { text: answerText(answer), exitCode: null };
  const exitCode = numberAt(told, "exit_code") ?? numberAt(told, "exitCode") ?? numberAt(told, "returncode");
  // A text that happens to be JSON is what the tool printed, unless it says how a tool ended.
  const isPrinted = typeof answer === "string" && exitCode === null;
  for (const key of isPrinted ? ["output"] : ["output", "content", "result", "text"]) {
    const text = told[key];
    if (typeof text === "string" || Array.isArray(text)) return { text: answerText(text), exitCode };
  }
  const streams = joinTexts([textAt(told, "stdout"), textAt(told, "stderr")]);
  return { text: streams === "" ? answerText(answer) : streams, exitCode };
}

/** Whether a record is one of a model's answers, a tool's call or an agent's run; undefined for anything else. */
export function operationOf(record: OtelRecord): "chat" | "tool" | "agent" | undefined {
  const operation = record.attributes["gen_ai.operation.name"];
  switch (typeof operation === "string" ? operation : record.name.split(" ")[0]) {
    case "chat":
    case "generate_content":
    case "text_completion":
      return "chat";
    case "execute_tool":
      return "tool";
    case "invoke_agent":
      return "agent";
    default:
      return undefined;
  }
}
