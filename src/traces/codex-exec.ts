import { describeCall } from "./call.ts";
import { lineOrigin } from "./document-origin.ts";
import { isJsonObject, numberAt, objectAt, textAt, type JsonValue } from "./json-value.ts";
import { answerText, contentText, joinTexts } from "./message-content.ts";
import { newCall, newStep } from "./new-step.ts";
import { openTurn } from "./open-turn.ts";
import { resultOf } from "./result-of.ts";
import type { Call, SessionFile, SessionSink, Step } from "./session.ts";

type JsonObject = { [key: string]: JsonValue };

/**
 * Reads what `codex exec --json` prints: `thread.started`, `turn.*` and `item.*` events (types of
 * `@openai/codex-sdk`). The stream has neither the prompt nor the bodies of patches nor times.
 */
export async function* readCodexExec(file: SessionFile, sink: SessionSink): AsyncGenerator<Step> {
  const turn = openTurn();
  /** Calls whose end is still to come, by the id of their item. */
  const running = new Map<string, Call>();
  let hasFailed = false;
  sink.facts({ agent: "codex" });

  for await (const { value, line } of file.lines()) {
    const type = value["type"];
    if (typeof type !== "string") sink.damage(line, "a line without a type");
    else if (type === "thread.started") {
      const sessionId = textAt(value, "thread_id");
      if (sessionId !== "") sink.facts({ sessionId });
    } else if (type.startsWith("item.")) {
      const item = value["item"];
      if (isJsonObject(item)) readItem(item, type === "item.completed", line);
      else sink.damage(line, `${JSON.stringify(type)} without an item`);
    } else if (type === "turn.completed") {
      hasFailed = false;
      count(objectAt(value, "usage"));
    } else if (type === "turn.failed") {
      hasFailed = true;
      note(textAt(objectAt(value, "error"), "message"), line);
    } else if (type === "error") note(textAt(value, "message"), line);
    yield* turn.ready();
  }
  if (hasFailed) sink.facts({ exitStatus: "turn.failed" });
  yield* turn.rest();

  function readItem(item: JsonObject, isCompleted: boolean, line: number): void {
    switch (item["type"]) {
      case "agent_message":
        if (isCompleted) tell("text", textAt(item, "text"), line);
        return;
      case "reasoning":
        if (isCompleted) tell("reasoning", textAt(item, "text"), line);
        return;
      case "error":
        if (isCompleted) note(textAt(item, "message"), line);
        return;
      case "command_execution":
      case "file_change":
      case "mcp_tool_call":
      case "web_search":
      case "todo_list":
        return readCall(item, isCompleted, line);
      case undefined:
        return sink.damage(line, "an item without a type");
      default:
    }
  }

  /** An item is told when it starts, while it changes and when it ends; short ones only when they end. */
  function readCall(item: JsonObject, isCompleted: boolean, line: number): void {
    const { tool, args } = toolOf(item);
    const id = textAt(item, "id");
    const known = running.get(id);
    if (known !== undefined) Object.assign(known, describeCall(tool, args));
    const call = known ?? newCall(id, tool, args, lineOrigin(file, line));
    if (known === undefined)
      turn.addCall(
        agentStep(line, ({ calls }) => calls.length < maxCalls),
        call,
      );
    if (!isCompleted) {
      running.set(id, call);
      return;
    }
    running.delete(id);
    // A step that waited too long was given out without this result.
    turn.answer(id, (open) =>
      resultOf(open, resultText(item), lineOrigin(file, line), {
        exitCode: numberAt(item, "exit_code"),
        isError: isFailure(item),
      }),
    );
  }

  /** The step that is open, where it takes more; else a new one. */
  function agentStep(line: number, takesMore: (step: Step) => boolean): Step {
    const last = turn.last();
    if (last?.source !== "agent" || last.usage !== null || turn.isFull() || !takesMore(last))
      return turn.start(newStep("agent", lineOrigin(file, line)));
    last.origin.line_to = line;
    return last;
  }

  /** Thoughts and words come before the calls of an answer. */
  function tell(key: "text" | "reasoning", text: string, line: number): void {
    if (text.trim() === "") return;
    const step = agentStep(line, ({ calls, text: said }) => calls.length === 0 && said === "");
    step[key] = joinTexts([step[key], text]);
  }

  function note(text: string, line: number): void {
    if (text.trim() !== "") turn.start(newStep("system", lineOrigin(file, line), { text }));
  }

  /** The stream counts a whole turn; the count stands at its last step. */
  function count(usage: JsonObject): void {
    const step = turn.last();
    if (step?.source !== "agent" || Object.keys(usage).length === 0) return;
    step.usage = {
      input: numberAt(usage, "input_tokens") ?? 0,
      cachedInput: numberAt(usage, "cached_input_tokens") ?? 0,
      output: numberAt(usage, "output_tokens") ?? 0,
      costUsd: null,
    };
  }
}

/** The stream does not tell the model's answers apart: calls without words between them are one step, up to here. */
const maxCalls = 64;

/** The item as a call, without what the tool answered. */
function toolOf(item: JsonObject): { tool: string; args: JsonObject } {
  const type = textAt(item, "type");
  if (type === "command_execution") return { tool: type, args: { command: item["command"] ?? "" } };
  if (type === "file_change") return { tool: type, args: { changes: item["changes"] ?? [] } };
  if (type === "web_search") return { tool: type, args: { query: item["query"] ?? "" } };
  if (type === "todo_list") return { tool: type, args: { items: item["items"] ?? [] } };
  const server = textAt(item, "server");
  const tool = textAt(item, "tool");
  return { tool: server === "" ? tool : `${server}__${tool}`, args: objectAt(item, "arguments") };
}

function resultText(item: JsonObject): string {
  if (item["type"] === "command_execution") return textAt(item, "aggregated_output");
  const result = objectAt(item, "result");
  return (
    textAt(objectAt(item, "error"), "message") ||
    contentText(result["content"]) ||
    answerText(result["structured_content"])
  );
}

function isFailure(item: JsonObject): boolean | null {
  const status = item["status"];
  if (status === "failed" || status === "declined") return true;
  return status === "completed" ? false : null;
}
