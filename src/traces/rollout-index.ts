import { isJsonObject, numberAt, objectAt, textAt, type JsonValue } from "./json-value.ts";
import { lineRanges, type LineRanges } from "./line-ranges.ts";
import { partOfMessage, userTexts } from "./rollout-message.ts";
import type { SessionFile } from "./session.ts";

/** What only the whole rollout tells about its lines. */
export interface RolloutIndex {
  /** Turns that the person took back with `thread_rolled_back`. */
  abandoned: LineRanges;
  /** The lines from a parent's history that a fork or a sub-agent begins with; the last is not among them. */
  copied: { from: number; to: number };
  /** Events mirror the response items; they count only in files that have no such items. */
  tellsMessagesAs: "items" | "events";
  tellsReasoningAs: "items" | "events";
}

/** Reads a rollout once and keeps a few numbers for each turn. */
export async function indexRollout(file: SessionFile): Promise<RolloutIndex> {
  const itemTurns = turnStack();
  const eventTurns = turnStack();
  const replay = replayFinder();
  let tellsMessagesAs: RolloutIndex["tellsMessagesAs"] = "events";
  let tellsReasoningAs: RolloutIndex["tellsReasoningAs"] = "events";

  for await (const { value, line } of file.lines()) {
    replay.look(value, line);
    const payload = objectAt(value, "payload");
    const kind = textAt(payload, "type");
    if (value["type"] === "response_item") {
      const role = textAt(payload, "role");
      if (kind === "message" && (role === "user" || role === "assistant")) {
        tellsMessagesAs = "items";
        if (role === "user" && userTexts(payload).some((text) => partOfMessage(text).words !== ""))
          itemTurns.begin(line);
      } else if (kind === "reasoning") tellsReasoningAs = "items";
    } else if (value["type"] === "event_msg") {
      if (kind === "user_message") eventTurns.begin(line);
      else if (kind === "thread_rolled_back") {
        const turns = Math.max(0, Math.floor(numberAt(payload, "num_turns") ?? 0));
        itemTurns.takeBack(turns, line);
        eventTurns.takeBack(turns, line);
      }
    }
  }
  const turns = tellsMessagesAs === "items" ? itemTurns : eventTurns;
  return { abandoned: turns.abandoned, copied: replay.copied(), tellsMessagesAs, tellsReasoningAs };
}

/** The lines where turns begin that were not taken back. */
function turnStack() {
  const begins: number[] = [];
  const abandoned = lineRanges();
  return {
    abandoned,
    begin(line: number): void {
      begins.push(line);
    },
    takeBack(turns: number, line: number): void {
      const [first] = begins.splice(Math.max(0, begins.length - turns));
      if (first !== undefined) abandoned.add(first, line);
    },
  };
}

/**
 * Finds the history of a parent that a fork or a sub-agent repeats at its start. It is written in one go: its lines
 * carry the same second. A sub-agent's own first turn is announced by `inter_agent_communication_metadata`.
 */
function replayFinder() {
  let isFork: boolean | undefined;
  let from = 0;
  let burst: string | undefined;
  let burstEnd: number | undefined;
  let announced: number | undefined;

  return { look, copied };

  function look(value: { [key: string]: JsonValue }, line: number): void {
    if (isFork === undefined) {
      if (value["type"] !== "session_meta") return;
      isFork = isForkMeta(objectAt(value, "payload"));
      from = line + 1;
      return;
    }
    if (!isFork || announced !== undefined) return;
    if (value["type"] === "inter_agent_communication_metadata") announced = line;
    const second = textAt(value, "timestamp").slice(0, "2026-01-31T12:00:00".length);
    burst ??= second;
    if (second !== burst) burstEnd ??= line;
  }

  function copied(): { from: number; to: number } {
    if (isFork !== true) return { from: 0, to: 0 };
    return { from, to: announced ?? burstEnd ?? Infinity };
  }
}

function isForkMeta(meta: { [key: string]: JsonValue }): boolean {
  const spawn = objectAt(objectAt(meta, "source"), "subagent")["thread_spawn"];
  return textAt(meta, "forked_from_id") !== "" || isJsonObject(spawn);
}
