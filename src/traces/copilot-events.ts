import { lineOrigin } from "./document-origin.ts";
import { partUserText } from "./harness-text.ts";
import { isoTime } from "./iso-time.ts";
import { isJsonObject, listAt, objectAt, textAt, type JsonValue } from "./json-value.ts";
import { knownFacts } from "./known-facts.ts";
import { answerText, contentText } from "./message-content.ts";
import { newCall, newStep } from "./new-step.ts";
import { openTurn } from "./open-turn.ts";
import { resultOf } from "./result-of.ts";
import type { SessionFile, SessionSink, Step } from "./session.ts";

type JsonObject = { [key: string]: JsonValue };

/** No session has as many sub-agents or calls at a time; a file that claims more must not fill the memory. */
const maxKnown = 10_000;

/**
 * Reads the `events.jsonl` of the GitHub Copilot CLI: lines `{type, data, id, parentId, timestamp}` (types of
 * `@github/copilot-sdk`). Tokens are counted for the whole session only, so steps have none.
 */
export async function* readCopilotEvents(file: SessionFile, sink: SessionSink): AsyncGenerator<Step> {
  const turn = openTurn();
  /** Names of sub-agents by the call that started them. */
  const subagents = new Map<string, string>();
  /** Calls that a message asked for and whose result is still to come. */
  const asked = new Set<string>();
  let sessionCwd: string | null = null;
  let model: string | null = null;

  for await (const { value, line } of file.lines()) {
    const data = value["data"];
    if (typeof value["type"] !== "string") sink.damage(line, "an event without a type");
    else if (!isJsonObject(data)) sink.damage(line, `${JSON.stringify(value["type"])} without data`);
    else readEvent(value["type"], data, value, line);
    yield* turn.ready();
  }
  yield* turn.rest();

  function readEvent(type: string, data: JsonObject, event: JsonObject, line: number): void {
    switch (type) {
      case "session.start":
      case "session.resume":
        return readStart(data);
      case "session.model_change":
        model = textAt(data, "newModel") || model;
        return;
      case "session.context_changed":
        sessionCwd = textAt(data, "cwd") || sessionCwd;
        return;
      case "user.message":
        return readUser(data, event, line);
      case "system.message":
        return say("system", textAt(data, "content"), event, line);
      case "assistant.message":
        return readAssistant(data, event, line);
      case "tool.execution_start":
        return readCall(textAt(data, "toolName"), data, event, line);
      case "tool.execution_complete":
        return readResult(data, line);
      case "session.compaction_complete":
        return readCompaction(data, event, line);
      case "subagent.started":
        return nameSubagent(data);
      case "skill.invoked":
        if (textAt(data, "name") !== "") sink.skill(textAt(data, "name"));
        return;
      case "session.error":
        return say("system", textAt(data, "message"), event, line);
      case "session.task_complete":
        return readEnd(data);
      default:
    }
  }

  function readStart(data: JsonObject): void {
    const cwd = textAt(objectAt(data, "context"), "cwd");
    sessionCwd = cwd || sessionCwd;
    model = textAt(data, "selectedModel") || model;
    const sessionId = textAt(data, "sessionId");
    const agentVersion = textAt(data, "copilotVersion");
    sink.facts(knownFacts({ agent: "copilot", agentVersion, sessionId, cwd }));
  }

  /** `content` is what the person wrote; `transformedContent` adds reminders to it. */
  function readUser(data: JsonObject, event: JsonObject, line: number): void {
    const { words, harness } = partUserText(textAt(data, "content"));
    say("system", harness, event, line);
    // A source names who wrote it where that was not the person: a skill, a sub-agent, a command.
    const source = textAt(data, "source");
    const isPerson = source === "" || source === "user";
    say(isPerson && subagentOf(data, event) === null ? "user" : "system", words, event, line);
  }

  function readAssistant(data: JsonObject, event: JsonObject, line: number): void {
    const step = newStep("agent", lineOrigin(file, line), {
      timestamp: isoTime(event["timestamp"]),
      text: textAt(data, "content"),
      reasoning: textAt(data, "reasoningText"),
      model: textAt(data, "model") || model,
      subagent: subagentOf(data, event),
    });
    const requests = listAt(data, "toolRequests");
    if (step.text.trim() === "" && step.reasoning.trim() === "" && requests.length === 0) return;
    turn.start(step);
    for (const request of requests) {
      const id = textAt(request, "toolCallId");
      const args = objectAt({ request }, "request")["arguments"];
      if (id !== "" && asked.size < maxKnown) asked.add(id);
      turn.addCall(step, newCall(id, textAt(request, "name"), args, lineOrigin(file, line), sessionCwd));
    }
  }

  /** Most calls were told by the message that asked for them; those that the person or a hook starts were not. */
  function readCall(tool: string, data: JsonObject, event: JsonObject, line: number): void {
    const id = textAt(data, "toolCallId");
    if (asked.has(id)) return;
    const call = newCall(id, tool, data["arguments"], lineOrigin(file, line), sessionCwd);
    const subagent = subagentOf(data, event);
    const last = turn.last();
    const step =
      last?.source === "agent" && last.subagent === subagent && !turn.isAnswered() && !turn.isFull()
        ? last
        : turn.start(
            newStep("agent", lineOrigin(file, line), {
              timestamp: isoTime(event["timestamp"]),
              model,
              subagent,
            }),
          );
    turn.addCall(step, call);
  }

  function readResult(data: JsonObject, line: number): void {
    const result = data["result"];
    const error = objectAt(data, "error");
    const text =
      textAt(result, "content") ||
      contentText(objectAt(data, "result")["contents"]) ||
      textAt(result, "detailedContent") ||
      textAt(error, "message") ||
      (isJsonObject(result) ? "" : answerText(result));
    // A shell that ran is a success for Copilot, whatever the command's exit code was.
    const isError = data["success"] === false ? true : null;
    const id = textAt(data, "toolCallId");
    asked.delete(id);
    const isAttached = turn.answer(id, (call) =>
      resultOf(call, text, lineOrigin(file, line), {
        isError: isError ?? (data["success"] === true && call.kind !== "shell" ? false : null),
      }),
    );
    if (!isAttached) sink.damage(line, "the result of a call that is not in the trace");
  }

  function readCompaction(data: JsonObject, event: JsonObject, line: number): void {
    if (data["success"] === false) return;
    sink.compaction();
    say("system", textAt(data, "summaryContent"), event, line, true);
  }

  function nameSubagent(data: JsonObject): void {
    const id = textAt(data, "toolCallId");
    const name = textAt(data, "agentName");
    if (id !== "" && name !== "" && subagents.size < maxKnown) subagents.set(id, name);
  }

  /** The agent says itself that it is done: that is no verdict on its work. */
  function readEnd(data: JsonObject): void {
    if (typeof data["success"] === "boolean")
      sink.facts({ exitStatus: data["success"] ? "task_complete" : "task_given_up" });
  }

  /** A sub-agent is known by the call that started it, newer events name its id. */
  function subagentOf(data: JsonObject, event: JsonObject): string | null {
    const id = textAt(data, "parentToolCallId") || textAt(event, "agentId");
    return id === "" ? null : (subagents.get(id) ?? id);
  }

  function say(
    source: "user" | "system",
    text: string,
    event: JsonObject,
    line: number,
    isCopied = false,
  ): void {
    if (text.trim() === "") return;
    const timestamp = isoTime(event["timestamp"]);
    turn.start(newStep(source, lineOrigin(file, line), { timestamp, text, isCopied }));
  }
}
