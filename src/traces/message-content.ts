import { isJsonObject, textAt, type JsonValue } from "./json-value.ts";

/**
 * The words of a message or a tool's answer: a text, or a list of parts as the APIs of OpenAI and Anthropic, MCP and
 * OpenTelemetry write them. Images, audio and files have no words and are left out.
 */
export function contentText(content: JsonValue | undefined): string {
  if (typeof content === "string") return content;
  if (Array.isArray(content)) return joinTexts(content.map(partText));
  return isJsonObject(content) ? partText(content) : "";
}

/** Texts that follow each other in one message, a line apart. */
export function joinTexts(texts: readonly string[]): string {
  return texts.filter((text) => text !== "").join("\n");
}

function partText(part: JsonValue): string {
  if (typeof part === "string") return part;
  if (!isJsonObject(part)) return "";
  for (const key of ["text", "content", "refusal"]) {
    const text = part[key];
    if (typeof text === "string") return text;
  }
  // An embedded resource of MCP keeps its text one level down.
  return textAt(part["resource"], "text");
}

/** The text of any answer: words where it has them, otherwise the JSON it is. */
export function answerText(answer: JsonValue | undefined): string {
  if (answer === undefined || answer === null) return "";
  if (typeof answer === "string") return answer;
  if (Array.isArray(answer) && answer.every(isPart)) return contentText(answer);
  return JSON.stringify(answer);
}

function isPart(part: JsonValue): boolean {
  return typeof part === "string" || (isJsonObject(part) && typeof part["type"] === "string");
}

/** The arguments of a call. A text that is not a JSON object stays as `{ "input": text }`. */
export function callArguments(value: JsonValue | undefined): Record<string, JsonValue> {
  if (isJsonObject(value)) return value;
  if (value === undefined || value === null || value === "") return {};
  if (typeof value !== "string") return { input: value };
  try {
    const parsed: JsonValue = JSON.parse(value);
    if (isJsonObject(parsed)) return parsed;
  } catch {
    // Models write arguments that are no JSON; what they wrote is kept.
  }
  return { input: value };
}
