import { isJsonObject, listAt, numberAt, objectAt, textAt, type JsonValue } from "./json-value.ts";
import type { KnownResult } from "./call-result.ts";
import { lineOrigin } from "./document-origin.ts";
import { isoTime } from "./iso-time.ts";
import { knownFacts } from "./known-facts.ts";
import { answerText, contentText, joinTexts } from "./message-content.ts";
import { newCall, newStep } from "./new-step.ts";
import { openTurn } from "./open-turn.ts";
import { resultOf } from "./result-of.ts";
import { indexRollout, type RolloutIndex } from "./rollout-index.ts";
import { isSummary, outputOf, partOfMessage, reasoningText, skillIn, userTexts } from "./rollout-message.ts";
import type { SessionFile, SessionSink, Step, Usage } from "./session.ts";

type JsonObject = { [key: string]: JsonValue };
type Known = Pick<KnownResult, "exitCode" | "isError" | "durationMs">;

/** Facts about results wait for the result itself; a file that never brings one must not fill the memory. */
const maxKnown = 256;

/**
 * Reads a rollout of the OpenAI Codex CLI: lines `{timestamp, type, payload}`, where `response_item` is what was said
 * to and by the model (codex-rs `RolloutItem` and `ResponseItem`). The file is read twice: what was taken back or
 * copied from a parent only later lines tell.
 */
export async function* readCodexRollout(file: SessionFile, sink: SessionSink): AsyncGenerator<Step> {
  const rollout = openRollout(file, sink, await indexRollout(file));
  for await (const { value, line } of file.lines()) {
    const type = value["type"];
    const payload = value["payload"];
    if (typeof type !== "string") sink.damage(line, "a line without a type");
    else if (!isJsonObject(payload)) sink.damage(line, `${JSON.stringify(type)} without a payload`);
    else rollout.read(type, payload, { line, timestamp: isoTime(value["timestamp"]) });
    yield* rollout.ready();
  }
  yield* rollout.rest();
}

interface Place {
  line: number;
  timestamp: string | null;
  /** Set for what a compaction tells again. */
  isRetold?: boolean;
}

function openRollout(file: SessionFile, sink: SessionSink, index: RolloutIndex) {
  const turn = openTurn();
  const known = new Map<string, Known>();
  let hasMeta = false;
  let sessionCwd: string | null = null;
  let model: string | null = null;
  let subagent: string | null = null;
  let totalBefore = "";
  let isAborted = false;

  return { read, ready: turn.ready, rest };

  function read(type: string, payload: JsonObject, place: Place): void {
    switch (type) {
      case "session_meta":
        return readMeta(payload);
      case "turn_context":
        model = textAt(payload, "model") || model;
        sessionCwd = textAt(payload, "cwd") || sessionCwd;
        return;
      case "response_item":
        return readItem(payload, place);
      case "event_msg":
        return readEvent(payload, place);
      case "compacted":
        return readCompaction(payload, place);
      case "inter_agent_communication":
        return say("system", contentText(payload["content"]) || textAt(payload, "message"), place);
      default:
    }
  }

  /** Only the first describes this session: forks repeat that of their parent. */
  function readMeta(meta: JsonObject): void {
    if (hasMeta) return;
    hasMeta = true;
    sessionCwd = textAt(meta, "cwd") || null;
    subagent = subagentOf(meta);
    const sessionId = textAt(meta, "id") || textAt(meta, "session_id");
    const agentVersion = textAt(meta, "cli_version");
    sink.facts(knownFacts({ agent: "codex", agentVersion, sessionId, cwd: sessionCwd ?? "" }));
  }

  function readItem(item: JsonObject, place: Place): void {
    switch (item["type"]) {
      case "message":
        return readMessage(item, place);
      case "reasoning":
        return think(reasoningText(item), place);
      case "function_call":
        return call(textAt(item, "name"), item["arguments"], item, place);
      case "custom_tool_call":
        return call(textAt(item, "name"), { input: item["input"] ?? "" }, item, place);
      case "local_shell_call":
        return call("local_shell", item["action"], item, place);
      case "tool_search_call":
        return call("tool_search", item["arguments"], item, place);
      case "web_search_call":
        return callOfProvider("web_search", item["action"], item, place);
      case "image_generation_call":
        return callOfProvider("image_generation", { prompt: item["revised_prompt"] ?? "" }, item, place);
      case "function_call_output":
      case "custom_tool_call_output":
        return result(item, outputOf(item), place);
      case "tool_search_output":
        return result(item, { text: answerText(item["tools"]), isError: null }, place);
      case undefined:
        return sink.damage(place.line, "a response item without a type");
      default:
    }
  }

  function readMessage(message: JsonObject, place: Place): void {
    const role = message["role"];
    if (role === "assistant") return speak(contentText(message["content"]), place);
    if (role !== "user") return say("system", contentText(message["content"]), place);
    const texts = userTexts(message);
    for (const skill of texts.map(skillIn)) if (skill !== "") sink.skill(skill);
    const parts = texts.map(partOfMessage);
    const harness = joinTexts(parts.map((part) => part.harness));
    say("system", harness, isSummary(harness) ? { ...place, isRetold: true } : place);
    // What a sub-agent is asked comes from the agent that started it.
    const source = subagent === null || isCopied(place) ? "user" : "system";
    say(source, joinTexts(parts.map((part) => part.words)), place);
  }

  function readEvent(event: JsonObject, place: Place): void {
    const kind = event["type"];
    if (kind === "token_count") return count(objectAt(event, "info"));
    if (kind === "turn_aborted") isAborted = true;
    if (kind === "task_complete" || kind === "turn_complete") isAborted = false;
    if (kind === "exec_command_end" || kind === "patch_apply_end" || kind === "mcp_tool_call_end")
      return learn(event);
    if (kind === "agent_reasoning" && index.tellsReasoningAs === "events")
      return think(textAt(event, "text"), place);
    if (index.tellsMessagesAs === "items") return;
    if (kind === "user_message") say("user", textAt(event, "message"), place);
    else if (kind === "agent_message") speak(textAt(event, "message"), place);
  }

  /** The history that goes on after a compaction repeats what was said: its calls were told with their results. */
  function readCompaction(payload: JsonObject, place: Place): void {
    sink.compaction();
    const retold = { ...place, isRetold: true };
    const messages = listAt(payload, "replacement_history").filter(
      (item) => textAt(item, "type") === "message",
    );
    const summary = textAt(payload, "message");
    if (
      !messages.some((message) => contentText(objectAt({ message }, "message")["content"]).includes(summary))
    )
      say("system", summary, retold);
    for (const message of messages) if (isJsonObject(message)) readMessage(message, retold);
  }

  function isCopied(place: Place): boolean {
    return place.isRetold === true || (place.line >= index.copied.from && place.line < index.copied.to);
  }

  function begin(source: Step["source"], place: Place): Step {
    return turn.start(
      newStep(source, lineOrigin(file, place.line), {
        timestamp: place.timestamp,
        model: source === "agent" ? model : null,
        isCopied: isCopied(place),
        subagent: isCopied(place) ? null : subagent,
        branch: index.abandoned.has(place.line) ? "abandoned" : "active",
      }),
    );
  }

  function say(source: "user" | "system", text: string, place: Place): void {
    if (text.trim() !== "") begin(source, place).text = text;
  }

  /** The agent's open step; a new one where the model answered anew. Words and thoughts come before calls. */
  function agentStep(place: Place, isCall: boolean): Step {
    const last = turn.last();
    const takesMore =
      last?.source === "agent" &&
      last.usage === null &&
      !turn.isAnswered() &&
      !turn.isFull() &&
      last.isCopied === isCopied(place) &&
      (isCall || last.calls.length === 0);
    if (!takesMore) return begin("agent", place);
    last.origin.line_to = place.line;
    return last;
  }

  function think(text: string, place: Place): void {
    if (text.trim() === "") return;
    const step = agentStep(place, false);
    step.reasoning = joinTexts([step.reasoning, text]);
  }

  function speak(text: string, place: Place): void {
    if (text.trim() === "") return;
    const step = agentStep(place, false);
    step.text = joinTexts([step.text, text]);
  }

  function call(tool: string, args: JsonValue | undefined, item: JsonObject, place: Place): void {
    const made = newCall(idOf(item), tool, args, lineOrigin(file, place.line), sessionCwd);
    turn.addCall(agentStep(place, true), made);
  }

  /** The provider runs these itself: that is all the rollout tells of them. */
  function callOfProvider(tool: string, args: JsonValue | undefined, item: JsonObject, place: Place): void {
    const origin = lineOrigin(file, place.line);
    const made = newCall(idOf(item), tool, args, origin, sessionCwd);
    const isError = item["status"] === "failed" ? true : null;
    made.result = resultOf(made, "", origin, { isError });
    turn.addCall(agentStep(place, true), made);
  }

  function result(item: JsonObject, output: { text: string; isError: boolean | null }, place: Place): void {
    const id = idOf(item);
    const facts = known.get(id);
    known.delete(id);
    const isAttached = turn.answer(id, (call) =>
      resultOf(call, output.text, lineOrigin(file, place.line), {
        ...facts,
        isError: output.isError ?? facts?.isError ?? null,
      }),
    );
    if (!isAttached) sink.damage(place.line, "the result of a call that is not in the trace");
  }

  /** What events tell about a result; the result itself follows as a response item. */
  function learn(event: JsonObject): void {
    const id = textAt(event, "call_id");
    if (id === "" || known.size >= maxKnown) return;
    const duration = objectAt(event, "duration");
    const seconds = numberAt(duration, "secs");
    const answer = objectAt(event, "result");
    const isRefused = "Err" in answer || objectAt(answer, "Ok")["is_error"] === true;
    known.set(id, {
      exitCode: numberAt(event, "exit_code"),
      isError:
        event["success"] === false || isRefused || objectAt(answer, "Ok")["isError"] === true ? true : null,
      durationMs:
        seconds === null ? null : Math.round(seconds * 1000 + (numberAt(duration, "nanos") ?? 0) / 1e6),
    });
  }

  /** The same count is written again when only the rate limits changed. */
  function count(info: JsonObject): void {
    const total = JSON.stringify(info["total_token_usage"] ?? null);
    const usage = objectAt(info, "last_token_usage");
    const step = turn.last();
    if (total === totalBefore && total !== "null") return;
    totalBefore = total;
    if (step?.source !== "agent" || Object.keys(usage).length === 0) return;
    step.usage = sumOf(step.usage, {
      input: numberAt(usage, "input_tokens") ?? 0,
      cachedInput: numberAt(usage, "cached_input_tokens") ?? 0,
      output: numberAt(usage, "output_tokens") ?? 0,
      costUsd: null,
    });
  }

  function rest(): Step[] {
    if (isAborted) sink.facts({ exitStatus: "turn_aborted" });
    return turn.rest();
  }
}

function idOf(item: JsonObject): string {
  return textAt(item, "call_id") || textAt(item, "id");
}

function sumOf(one: Usage | null, other: Usage): Usage {
  if (one === null) return other;
  return {
    input: one.input + other.input,
    cachedInput: one.cachedInput + other.cachedInput,
    output: one.output + other.output,
    costUsd: null,
  };
}

/** The name of the sub-agent whose session it is: `source` is `cli`, `exec`, … or `{subagent: …}`. */
function subagentOf(meta: JsonObject): string | null {
  const source = objectAt(meta, "source");
  const told = source["subagent"];
  if (told === undefined || told === null) return null;
  if (typeof told === "string") return told;
  const spawn = objectAt(told, "thread_spawn");
  const names = [meta, spawn].flatMap((part) => [textAt(part, "agent_nickname"), textAt(part, "agent_role")]);
  return names.find((name) => name !== "") ?? (textAt(told, "other") || textAt(meta, "id") || "sub-agent");
}
