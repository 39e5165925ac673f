import type { FormatName } from "./session.ts";

/** Marks by which a document is known that cannot be parsed, in the order of the rules. */
const marks: readonly (readonly [RegExp, FormatName])[] = [
  [/"schema_version"\s*:\s*"ATIF-v\d/, "atif"],
  [/"trajectory_format"\s*:\s*"mini-swe-agent|"mini_version"\s*:/, "mini-swe-agent-traj"],
  [/"trajectory"\s*:\s*\[/, "swe-agent-traj"],
  [/"resource(?:Spans|Logs)"\s*:\s*\[/, "otel-genai"],
  [/"projectHash"\s*:/, "gemini-cli"],
  [/"info"\s*:\s*\{[^{}]*"id"\s*:\s*"ses/, "opencode-export"],
  [/"object"\s*:\s*"response"|"type"\s*:\s*"function_call"\s*,/, "openai-responses"],
  [/"tool_calls"\s*:\s*\{|"is_template"\s*:/, "fast-agent-history"],
  [/"type"\s*:\s*"tool_(?:use|result)"/, "anthropic-messages"],
  [/"(?:action|observation)"\s*:\s*"\w+"/, "openhands-trajectory"],
  [/"messages"\s*:\s*\[\s*\{\s*"role"\s*:|^\s*\[\s*\{\s*"role"\s*:/, "openai-chat-messages"],
];

/** What a document looks like that was cut off, or is too long to be read; `text` is its beginning. */
export function looksLike(text: string): FormatName | undefined {
  if (!/^\s*[{[]/.test(text)) return undefined;
  return marks.find(([mark]) => mark.test(text))?.[1];
}

/** The first keys that stand in a text, which need not be JSON as a whole. */
export function firstKeys(text: string, count: number): string[] {
  const keys = new Set<string>();
  for (const [, key] of text.matchAll(/"([^"\\\n]{1,60})"\s*:/g)) {
    if (key !== undefined) keys.add(key);
    if (keys.size >= count) break;
  }
  return [...keys];
}
