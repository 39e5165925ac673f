import type { JsonValue } from "./json-value.ts";
import { isJsonObject, numberAt, textAt } from "./json-value.ts";
import { knownFacts } from "./known-facts.ts";
import type { SessionFacts, SessionTotals } from "./session.ts";
import { anthropicUsage } from "./token-usage.ts";

type Entry = Record<string, JsonValue>;

/**
 * Whether a line is one of what `claude -p --output-format stream-json` prints: the messages of the log, with
 * `session_id` and without the tree; before them what the session has, after them what it came to.
 */
export function isStreamLine(entry: Entry): boolean {
  if (textAt(entry, "session_id") === "" || "parentUuid" in entry || "sessionId" in entry) return false;
  const type = entry["type"];
  if (type === "user" || type === "assistant") return isJsonObject(entry["message"]);
  if (type === "system") return textAt(entry, "subtype") !== "";
  return type === "result" && typeof entry["is_error"] === "boolean";
}

/** What the first line tells. */
export function streamFacts(entry: Entry): SessionFacts {
  return knownFacts({
    agent: "claude-code",
    agentVersion: textAt(entry, "claude_code_version"),
    sessionId: textAt(entry, "session_id"),
    cwd: textAt(entry, "cwd"),
  });
}

/** What the last line tells: the lines of messages have only what was counted when they began. */
export function streamTotals(entry: Entry): SessionTotals {
  const cost = numberAt(entry, "total_cost_usd");
  return { usage: anthropicUsage(entry["usage"]), costUsd: cost !== null && cost >= 0 ? cost : null };
}
