import { isStreamLine } from "./claude-code-stream.ts";
import { firstKeys, looksLike } from "./cut-off-document.ts";
import { isJsonObject, listAt, objectAt, textAt } from "./json-value.ts";
import type { JsonValue } from "./json-value.ts";
import type { OpenSessionFile } from "./session-file.ts";
import type { FormatName, JsonLine } from "./session.ts";
import { isTranscript } from "./transcript-marks.ts";

/** What a file is, told by its content alone. */
export type Detected =
  | { format: FormatName }
  | {
      format: "unknown";
      /** What it looks like, where it is a document that was cut off or is too long. */
      looksLike: FormatName | undefined;
      /** The first keys that were seen in it. */
      keys: string[];
    };

type Entry = Record<string, JsonValue>;

/** Enough to know a format by. */
const maxObjects = 50;
const maxLines = 1000;
const maxKeys = 8;

/**
 * Detects the format of a trace file by ordered rules over the document, or over the first 50 objects of its lines.
 * The first rule that fits wins: later ones would also fit what earlier ones tell apart.
 */
export async function detectFormat(file: OpenSessionFile): Promise<Detected> {
  const head = await headOf(file);
  const start = /\S/.exec(head)?.[0] ?? "";
  const objects = /^\s*\{/m.test(head) ? await firstObjects(file) : [];
  const isJson = start === "{" || start === "[";
  // Where the first line is no whole object, or the only one, the file may be one document.
  if (isJson && (objects.length < 2 || objects[0]?.line !== firstLineOf(head))) {
    const document = await file.document();
    if (document !== undefined) return detected(formatOfDocument(document), [document]);
  }
  const values = objects.map(({ value }) => value);
  if (values.length > 0) return detected(formatOfLines(values), values);
  if (isJson) return { format: "unknown", looksLike: looksLike(head), keys: firstKeys(head, maxKeys) };
  return detected((await isTranscript(file)) ? "markdown" : undefined, []);
}

/** The first 64 KB or a little more, by lines. */
async function headOf(file: OpenSessionFile): Promise<string> {
  let head = "";
  for await (const { text } of file.text()) {
    head += `${text}\n`;
    if (head.length >= 65_536) break;
  }
  return head;
}

async function firstObjects(file: OpenSessionFile): Promise<JsonLine[]> {
  const objects: JsonLine[] = [];
  for await (const object of file.lines(maxLines)) {
    objects.push(object);
    if (objects.length >= maxObjects) break;
  }
  return objects;
}

function firstLineOf(text: string): number {
  return (/^\s*/.exec(text)?.[0] ?? "").split("\n").length;
}

function detected(format: FormatName | undefined, values: readonly JsonValue[]): Detected {
  if (format !== undefined) return { format };
  const keys = new Set<string>();
  for (const value of values.flatMap((found) =>
    Array.isArray(found) ? found.slice(0, maxObjects) : [found],
  ))
    for (const key of isJsonObject(value) ? Object.keys(value) : []) if (keys.size < maxKeys) keys.add(key);
  return { format: "unknown", looksLike: undefined, keys: [...keys] };
}

/** Rules over one JSON value. */
function formatOfDocument(value: JsonValue): FormatName | undefined {
  if (Array.isArray(value)) return formatOfArray(value);
  if (!isJsonObject(value)) return undefined;
  if (/^ATIF-v\d/.test(textAt(value, "schema_version")) && Array.isArray(value["steps"])) return "atif";
  if (textAt(value, "trajectory_format").startsWith("mini-swe-agent")) return "mini-swe-agent-traj";
  if (isSweAgent(value) || listAt(value, "attempts").some(isSweAgent)) return "swe-agent-traj";
  if (isOtlp(value)) return "otel-genai";
  if (isGemini(value)) return "gemini-cli";
  const messages = listAt(value, "messages");
  if (isOpencode(value, messages)) return "opencode-export";
  if (isResponses(value)) return "openai-responses";
  return formatOfMessages(messages) ?? anthropicBody(value) ?? formatOfLines([value]);
}

function formatOfArray(items: readonly JsonValue[]): FormatName | undefined {
  const objects = items.slice(0, maxObjects).filter(isJsonObject);
  const messages = formatOfMessages(items);
  if (messages !== undefined) return messages;
  const isEvents =
    objects.length > 0 &&
    objects.every((event) => "source" in event || "action" in event || "observation" in event);
  if (isEvents && objects.some((event) => "source" in event && ("action" in event || "observation" in event)))
    return "openhands-trajectory";
  if (
    objects.some(isResponseItem) &&
    objects.every((item) => isResponseItem(item) || typeof item["role"] === "string")
  )
    return "openai-responses";
  return objects.some(isOtlp) || objects.some(isFlatSpan) ? "otel-genai" : undefined;
}

/** Rules over the first objects of a file with one on each line. */
function formatOfLines(objects: readonly Entry[]): FormatName | undefined {
  if (objects.length === 0) return undefined;
  if (objects.some(isOtlp)) return "otel-genai";
  if (objects.some((entry) => typeof entry["$rewindTo"] === "string") || objects.some(isGemini))
    return "gemini-cli";
  const first = objects[0] ?? {};
  const conversations = objects.filter((entry) => Array.isArray(entry["messages"]));
  if (conversations.length > 0 && conversations.length >= objects.length / 2)
    return formatOfMessages(conversations.flatMap((entry) => listAt(entry, "messages").slice(0, maxObjects)));
  if (objects.some(isFlatSpan)) return "otel-genai";
  if (isCodexRollout(objects)) return "codex-rollout";
  if (objects.some(isCodexEvent)) return "codex-exec-jsonl";
  if (isCopilot(objects)) return "copilot-events";
  const session = objects.find((entry) => entry["type"] === "session") ?? first;
  if (session["type"] === "session") {
    if (typeof session["version"] === "number" && typeof session["cwd"] === "string") return "pi-session";
    if (typeof session["harness"] === "string") return "hf-session-trace-simple";
  }
  if (objects.some(isClaudeEntry) || objects.some(isStreamLine)) return "claude-code-jsonl";
  return formatOfMessages(objects);
}

/** Rules over messages; the first 50 tell. */
function formatOfMessages(all: readonly JsonValue[]): FormatName | undefined {
  const messages = all.slice(0, maxObjects).filter(isJsonObject);
  if (messages.length === 0 || !messages.every((message) => typeof message["role"] === "string"))
    return undefined;
  if (messages.some(isFastAgentMessage)) return "fast-agent-history";
  if (messages.some((message) => listAt(message, "content").some(isAnthropicBlock)))
    return "anthropic-messages";
  return "openai-chat-messages";
}

function anthropicBody(value: Entry): FormatName | undefined {
  const request = objectAt(value, "request");
  const messages = formatOfMessages(listAt(request, "messages"));
  if (messages === undefined) return undefined;
  const response = objectAt(value, "response");
  if (textAt(response, "type") === "message" || "stop_reason" in response) return "anthropic-messages";
  return messages;
}

function isSweAgent(value: JsonValue): boolean {
  return (
    isJsonObject(value) &&
    Array.isArray(value["trajectory"]) &&
    Array.isArray(value["history"]) &&
    isJsonObject(value["info"])
  );
}

function isOtlp(value: Entry): boolean {
  return Array.isArray(value["resourceSpans"]) || Array.isArray(value["resourceLogs"]);
}

function isGemini(value: Entry): boolean {
  return typeof value["sessionId"] === "string" && typeof value["projectHash"] === "string";
}

function isOpencode(value: Entry, messages: readonly JsonValue[]): boolean {
  return (
    textAt(objectAt(value, "info"), "id").startsWith("ses") &&
    messages.every(
      (message) => isJsonObject(message) && isJsonObject(message["info"]) && Array.isArray(message["parts"]),
    )
  );
}

function isResponses(value: Entry): boolean {
  if (value["object"] === "response" || objectAt(value, "response")["object"] === "response") return true;
  return [value, objectAt(value, "request"), objectAt(value, "response")].some((body) =>
    [...listAt(body, "input"), ...listAt(body, "output")]
      .slice(0, maxObjects)
      .some((item) => isJsonObject(item) && isResponseItem(item)),
  );
}

const responseItems = new Set([
  "message",
  "reasoning",
  "function_call",
  "function_call_output",
  "custom_tool_call",
  "custom_tool_call_output",
  "local_shell_call",
  "local_shell_call_output",
  "web_search_call",
]);

function isResponseItem(item: Entry): boolean {
  return responseItems.has(textAt(item, "type"));
}

function isFastAgentMessage(message: Entry): boolean {
  return (
    isJsonObject(message["tool_calls"]) ||
    isJsonObject(message["tool_results"]) ||
    isJsonObject(message["channels"]) ||
    "is_template" in message
  );
}

function isAnthropicBlock(block: JsonValue): boolean {
  const type = textAt(block, "type");
  return type === "tool_use" || type === "tool_result";
}

/** A line of an exporter of OpenTelemetry for JavaScript: attributes as an object, ids beside them. */
function isFlatSpan(entry: Entry): boolean {
  const attributes = objectAt(entry, "attributes");
  const context = objectAt(entry, "spanContext");
  const hasId = [entry, context].some((from) =>
    ["traceId", "spanId", "trace_id", "span_id"].some((key) => typeof from[key] === "string"),
  );
  return hasId && Object.keys(attributes).some((key) => key.startsWith("gen_ai."));
}

const codexTypes = new Set([
  "session_meta",
  "response_item",
  "turn_context",
  "event_msg",
  "compacted",
  "world_state",
  "inter_agent_communication",
  "inter_agent_communication_metadata",
]);

function isCodexRollout(objects: readonly Entry[]): boolean {
  const known = objects.filter((entry) => codexTypes.has(textAt(entry, "type")) && "payload" in entry);
  return known.some((entry) => entry["type"] === "session_meta") || known.length >= 0.6 * objects.length;
}

function isCodexEvent(entry: Entry): boolean {
  const type = textAt(entry, "type");
  return (
    type === "thread.started" ||
    (/^item\.(?:started|updated|completed)$/.test(type) && isJsonObject(entry["item"]))
  );
}

function isCopilot(objects: readonly Entry[]): boolean {
  if (objects.some((entry) => entry["type"] === "session.start" && isJsonObject(entry["data"]))) return true;
  const dotted = objects.filter(
    (entry) => /^\w+\.\w+/.test(textAt(entry, "type")) && isJsonObject(entry["data"]) && "parentId" in entry,
  );
  return dotted.length >= 0.6 * objects.length;
}

function isClaudeEntry(entry: Entry): boolean {
  const type = entry["type"];
  return (
    (type === "user" || type === "assistant") &&
    isJsonObject(entry["message"]) &&
    typeof entry["sessionId"] === "string" &&
    typeof entry["uuid"] === "string"
  );
}
