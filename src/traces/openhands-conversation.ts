import { lineOrigin } from "./document-origin.ts";
import { eventTree } from "./event-tree.ts";
import { isoTime } from "./iso-time.ts";
import { listAt, numberAt, objectAt, textAt, type JsonValue } from "./json-value.ts";
import { callArguments, contentText, joinTexts } from "./message-content.ts";
import { newCall, newStep } from "./new-step.ts";
import { openTurn } from "./open-turn.ts";
import { resultOf } from "./result-of.ts";
import type { Call, SessionFile, SessionSink, Step } from "./session.ts";

type JsonObject = { [key: string]: JsonValue };

/**
 * Reads a conversation of OpenHands V1: the events of its folder in their order, each with the name of its class in
 * `kind` (`openhands/sdk/event` of the software-agent-sdk). They are read twice: events form a tree, and only the last
 * one tells its active branch.
 */
export async function* readOpenHandsConversation(file: SessionFile, sink: SessionSink): AsyncGenerator<Step> {
  const tree = eventTree();
  let cwd: string | null = null;
  for await (const { value } of file.lines()) {
    tree.add(value);
    const metadata = objectAt(objectAt(value, "observation"), "metadata");
    cwd ??= textAt(metadata, "working_dir") || null;
  }
  sink.facts({ agent: "openhands", ...(cwd === null ? {} : { cwd }) });

  const conversation = openConversation(file, sink, cwd);
  const isActive = tree.activeEvents();
  let index = 0;
  for await (const { value, line } of file.lines()) {
    conversation.read(value, line, isActive(index) ? "active" : "abandoned");
    index += 1;
    yield* conversation.ready();
  }
  yield* conversation.rest();
}

function openConversation(file: SessionFile, sink: SessionSink, cwd: string | null) {
  const turn = openTurn();
  let response = "";
  let line = 0;
  let branch: Step["branch"] = "active";

  return { read, ready: turn.ready, rest: turn.rest };

  function read(event: JsonObject, at: number, eventBranch: Step["branch"]): void {
    line = at;
    branch = eventBranch;
    switch (event["kind"]) {
      case "SystemPromptEvent": {
        const texts = [event["system_prompt"], event["dynamic_context"]].map(contentText);
        return say("system", joinTexts(texts), event);
      }
      case "MessageEvent":
        return readMessage(event);
      case "ActionEvent":
        return readAction(event);
      case "ObservationEvent":
        return readObservation(event);
      case "AgentErrorEvent":
        return readRefusal(event, textAt(event, "error"));
      case "UserRejectObservation":
        return readRefusal(event, textAt(event, "rejection_reason"));
      case "Condensation":
        sink.compaction();
        return say("system", textAt(event, "summary"), event, true);
      case "CondensationSummaryEvent":
        return say("system", textAt(event, "summary"), event, true);
      case "ConversationErrorEvent":
        sink.facts({ exitStatus: textAt(event, "code") || "error" });
        return say("system", textAt(event, "detail"), event);
      case "ConversationStateUpdateEvent": {
        const status = textAt(event, "value");
        if (event["key"] === "execution_status" && ["finished", "error", "stuck"].includes(status))
          sink.facts({ exitStatus: status });
        return;
      }
      default:
        if (typeof event["kind"] !== "string") sink.damage(line, "an event without a kind");
    }
  }

  function readMessage(event: JsonObject): void {
    const message = objectAt(event, "llm_message");
    const text = contentText(message["content"]);
    for (const skill of listAt(event, "activated_skills"))
      if (typeof skill === "string" && skill !== "") sink.skill(skill);
    if (event["source"] === "agent") {
      const step = agentStep(event);
      step.text = text;
      step.reasoning = reasoningOf(message) || reasoningOf(event);
      return;
    }
    // A sender is another agent.
    const isPerson = event["source"] === "user" && textAt(event, "sender") === "";
    say(isPerson ? "user" : "system", text, event);
    say("system", contentText(event["extended_content"]), event);
  }

  /** Each call is an event of its own; those of one answer share its id, and the first has its words. */
  function readAction(event: JsonObject): void {
    const step = agentStep(event);
    step.text = joinTexts([step.text, contentText(event["thought"])]);
    step.reasoning = joinTexts([step.reasoning, reasoningOf(event)]);
    const args = argumentsOf(event);
    const tool = textAt(event, "tool_name") || textAt(objectAt(event, "tool_call"), "name");
    if (tool === "finish") {
      step.text = joinTexts([step.text, textAt(args, "message")]);
      return;
    }
    const id = textAt(event, "tool_call_id") || textAt(objectAt(event, "tool_call"), "id");
    turn.addCall(step, newCall(id, tool, args, lineOrigin(file, line), cwd));
  }

  function readObservation(event: JsonObject): void {
    const observation = objectAt(event, "observation");
    const text =
      contentText(observation["content"]) ||
      contentText(observation["output"]) ||
      textAt(observation, "error");
    const code =
      numberAt(observation, "exit_code") ?? numberAt(objectAt(observation, "metadata"), "exit_code");
    const isAttached = turn.answer(textAt(event, "tool_call_id"), (call) =>
      resultOf(call, text, lineOrigin(file, line), {
        // -1 stands for a command that still runs.
        exitCode: code === -1 ? null : code,
        isError: errorOf(observation["is_error"], call),
      }),
    );
    if (!isAttached && event["tool_name"] !== "finish")
      sink.damage(line, "the result of a call that is not in the trace");
  }

  /** The call was not carried out: by an error of the program, or because the person or a hook said no. */
  function readRefusal(event: JsonObject, text: string): void {
    const isAttached = turn.answer(textAt(event, "tool_call_id"), (call) =>
      resultOf(call, text, lineOrigin(file, line), { isError: true }),
    );
    if (!isAttached) say("system", text, event);
  }

  function agentStep(event: JsonObject): Step {
    const id = textAt(event, "llm_response_id");
    const last = turn.last();
    const isSame = last?.source === "agent" && id !== "" && id === response && last.branch === branch;
    if (isSame && !turn.isFull()) {
      last.origin.line_to = line;
      return last;
    }
    response = id;
    const timestamp = isoTime(event["timestamp"]);
    return turn.start(newStep("agent", lineOrigin(file, line), { timestamp, branch }));
  }

  function say(source: "user" | "system", text: string, event: JsonObject, isCopied = false): void {
    if (text.trim() === "") return;
    const timestamp = isoTime(event["timestamp"]);
    turn.start(newStep(source, lineOrigin(file, line), { timestamp, text, isCopied, branch }));
  }
}

/** What the model wrote as arguments; where that is missing, the action that came of it. */
function argumentsOf(event: JsonObject): JsonObject {
  const told = callArguments(objectAt(event, "tool_call")["arguments"]);
  const args = Object.keys(told).length > 0 ? told : objectAt(event, "action");
  // The model also writes these, for the program and not for the tool.
  const own = new Set(["security_risk", "summary", "kind"]);
  return Object.fromEntries(Object.entries(args).filter(([name]) => !own.has(name)));
}

function reasoningOf(event: JsonObject): string {
  const blocks = listAt(event, "thinking_blocks").map((block) => textAt(block, "thinking"));
  return textAt(event, "reasoning_content") || joinTexts(blocks);
}

/** A command that failed is no error of the tool. */
function errorOf(isError: JsonValue | undefined, call: Call): boolean | null {
  if (isError === true) return true;
  return isError === false && call.kind !== "shell" ? false : null;
}
