import { documentOrigin } from "./document-origin.ts";
import { isoTime } from "./iso-time.ts";
import { isJsonObject, numberAt, objectAt, textAt, type JsonValue } from "./json-value.ts";
import { knownFacts } from "./known-facts.ts";
import { answerText } from "./message-content.ts";
import { newCall, newStep } from "./new-step.ts";
import { openTurn } from "./open-turn.ts";
import { resultOf } from "./result-of.ts";
import type { Call, Origin, SessionFile, SessionSink, Step, Usage } from "./session.ts";

type JsonObject = { [key: string]: JsonValue };

/** Arguments that OpenHands adds to an action: they say nothing about what it does. */
const ownArguments = new Set([
  "thought",
  "blocking",
  "is_static",
  "hidden",
  "confirmation_state",
  "security_risk",
  "impl_source",
  "translated_ipython_code",
]);
/** Observations that answer no action, but tell the state of the program. */
const stateObservations = new Set([
  "agent_state_changed",
  "null",
  "recall",
  "condense",
  "system",
  "loop_recovery",
]);

/**
 * Reads a trajectory of OpenHands V0: an array of actions and observations (`openhands/events/serialization`). Actions
 * of one answer of the model share its id; an observation names its action in `cause`.
 */
export async function* readOpenHandsTrajectory(file: SessionFile, sink: SessionSink): AsyncGenerator<Step> {
  const document = await file.document();
  const events = Array.isArray(document) ? document : [];
  const cwd = workingFolder(events);
  sink.facts(knownFacts({ agent: "openhands", cwd: cwd ?? "" }));
  const turn = openTurn();
  let response = "";
  let counted: Usage = { input: 0, cachedInput: 0, output: 0, costUsd: 0 };

  for (const [index, event] of events.entries()) {
    const origin = documentOrigin(file, [index], event);
    if (!isJsonObject(event)) sink.damage(origin.line_from, "an event that is no object");
    else if (typeof event["action"] === "string") readAction(event["action"], event, origin);
    else if (typeof event["observation"] === "string") readObservation(event["observation"], event, origin);
    else sink.damage(origin.line_from, "neither an action nor an observation");
    yield* turn.ready();
  }
  yield* turn.rest();

  function readAction(action: string, event: JsonObject, origin: Origin): void {
    const args = objectAt(event, "args");
    switch (action) {
      case "system":
        sink.facts(knownFacts({ agentVersion: textAt(args, "openhands_version") }));
        return say("system", textAt(args, "content"), event, origin);
      case "message":
        if (event["source"] === "agent") {
          const step = agentStep(event, origin);
          step.text = textAt(args, "content") || textAt(event, "message");
          return count(step, event);
        }
        return say(
          event["source"] === "user" ? "user" : "system",
          textAt(args, "content") || textAt(event, "message"),
          event,
          origin,
        );
      case "finish":
      case "reject": {
        const step = agentStep(event, origin);
        step.text = textAt(args, "final_thought") || textAt(args, "thought") || textAt(event, "message");
        return count(step, event);
      }
      case "condensation":
      case "condensation_request":
        if (action === "condensation") sink.compaction();
        return say("system", textAt(args, "summary"), event, origin, true);
      case "change_agent_state":
      case "recall":
      case "null":
        return;
      default:
        return readCall(action, args, event, origin);
    }
  }

  function readCall(action: string, args: JsonObject, event: JsonObject, origin: Origin): void {
    const step = agentStep(event, origin);
    if (step.text === "") step.text = textAt(args, "thought");
    const tool = textAt(objectAt(event, "tool_call_metadata"), "function_name");
    const own = Object.fromEntries(Object.entries(args).filter(([name]) => !ownArguments.has(name)));
    const call =
      action === "call_tool_mcp"
        ? newCall(idOf(event["id"]), textAt(args, "name") || tool, args["arguments"], origin, cwd)
        : newCall(idOf(event["id"]), tool || action, own, origin, cwd);
    turn.addCall(step, call);
    count(step, event);
  }

  function readObservation(observation: string, event: JsonObject, origin: Origin): void {
    const extras = objectAt(event, "extras");
    if (observation === "agent_state_changed") {
      const state = textAt(extras, "agent_state");
      if (["finished", "error", "rejected", "stopped"].includes(state)) sink.facts({ exitStatus: state });
      return;
    }
    if (stateObservations.has(observation) || idOf(event["cause"]) === "") return;
    const hasFailed = observation === "error" || observation === "user_rejected";
    const isAttached = turn.answer(idOf(event["cause"]), (call) =>
      resultOf(call, answerText(event["content"]), origin, {
        exitCode: exitCodeOf(objectAt(extras, "metadata")),
        isError: hasFailed ? true : successOf(event["success"], call),
      }),
    );
    // Finishing and messages are answered too, and are no calls.
    if (!isAttached && hasFailed) say("system", answerText(event["content"]), event, origin);
  }

  /** The step of the model's answer that an action belongs to. */
  function agentStep(event: JsonObject, origin: Origin): Step {
    const told = objectAt(objectAt(event, "tool_call_metadata"), "model_response");
    const id = textAt(told, "id");
    const last = turn.last();
    if (last?.source === "agent" && id !== "" && id === response && !turn.isFull()) {
      last.origin.line_to = Math.max(last.origin.line_to, origin.line_to);
      return last;
    }
    response = id;
    return turn.start(
      newStep(
        "agent",
        { ...origin },
        { timestamp: isoTime(event["timestamp"]), model: textAt(told, "model") || null },
      ),
    );
  }

  /** Metrics are sums over the session so far. */
  function count(step: Step, event: JsonObject): void {
    const metrics = objectAt(event, "llm_metrics");
    const tokens = objectAt(metrics, "accumulated_token_usage");
    const input = numberAt(tokens, "prompt_tokens");
    if (input === null) return;
    const total = {
      input,
      cachedInput: numberAt(tokens, "cache_read_tokens") ?? 0,
      output: numberAt(tokens, "completion_tokens") ?? 0,
      costUsd: numberAt(metrics, "accumulated_cost"),
    };
    if (total.input > counted.input || total.output > counted.output) step.usage = difference(total, counted);
    counted = total;
  }

  function say(
    source: "user" | "system",
    text: string,
    event: JsonObject,
    origin: Origin,
    isCopied = false,
  ): void {
    if (text.trim() === "") return;
    turn.start(newStep(source, origin, { timestamp: isoTime(event["timestamp"]), text, isCopied }));
  }
}

/** Ids of events are numbers. */
function idOf(id: JsonValue | undefined): string {
  return typeof id === "number" || typeof id === "string" ? String(id) : "";
}

/** -1 stands for a command that still runs. */
function exitCodeOf(metadata: JsonObject): number | null {
  const code = numberAt(metadata, "exit_code");
  return code === -1 ? null : code;
}

function successOf(success: JsonValue | undefined, call: Call): boolean | null {
  if (typeof success !== "boolean") return null;
  return success && call.kind === "shell" ? null : !success;
}

/** The folder that the first command ran in. */
function workingFolder(events: readonly JsonValue[]): string | null {
  for (const event of events) {
    const folder = textAt(objectAt(objectAt(event, "extras"), "metadata"), "working_dir");
    if (folder !== "") return folder;
  }
  return null;
}

function difference(total: Usage, before: Usage): Usage {
  return {
    input: Math.max(0, total.input - before.input),
    cachedInput: Math.max(0, total.cachedInput - before.cachedInput),
    output: Math.max(0, total.output - before.output),
    costUsd: total.costUsd === null ? null : Math.max(0, total.costUsd - (before.costUsd ?? 0)),
  };
}
