import { documentOrigin } from "./document-origin.ts";
import { partUserText } from "./harness-text.ts";
import { isoTime } from "./iso-time.ts";
import { isJsonObject, listAt, numberAt, objectAt, textAt, type JsonValue } from "./json-value.ts";
import { contentText, joinTexts } from "./message-content.ts";
import { newCall, newStep } from "./new-step.ts";
import { openCalls } from "./open-calls.ts";
import { resultOf } from "./result-of.ts";
import type { Origin, SessionFile, SessionSink, Step, Usage } from "./session.ts";

/**
 * The history of an agent of fast-agent (`history_<agent>.json`): messages in the forms of MCP, where calls and results
 * are objects keyed by the id of the call, results stand on a message of the user, and times, usage and reasoning stand
 * in `channels`.
 */
export async function* readFastAgent(file: SessionFile, sink: SessionSink): AsyncGenerator<Step> {
  const messages = listAt(await file.document(), "messages");
  const calls = openCalls();
  for (const [index, message] of messages.entries()) {
    const originOf = (path: readonly string[], value: JsonValue | undefined): Origin =>
      documentOrigin(file, ["messages", index, ...path], value);
    const origin = originOf([], message);
    if (!isJsonObject(message)) {
      sink.damage(origin.line_from, "a message that is not an object");
      continue;
    }
    if (message["channels"] !== undefined && "fast-agent-compaction" in objectAt(message, "channels"))
      sink.compaction();
    const durations = channelJson(message, "fast-agent-tool-timing");
    for (const [id, result] of Object.entries(objectAt(message, "tool_results"))) {
      const at = originOf(["tool_results", id], result);
      const isError =
        isJsonObject(result) && typeof result["isError"] === "boolean" ? result["isError"] : null;
      const durationMs = numberAt(objectAt(durations, id), "timing_ms");
      const text = contentText(isJsonObject(result) ? result["content"] : undefined);
      const known = calls.answer(id, (call) => resultOf(call, text, at, { isError, durationMs }));
      if (!known) sink.damage(at.line_from, "a result for a call that is not there");
    }
    for (const step of messageSteps(message, origin, originOf)) calls.add(step);
    yield* calls.ready();
  }
  yield* calls.rest();
}

function messageSteps(
  message: Record<string, JsonValue>,
  origin: Origin,
  originOf: (path: readonly string[], value: JsonValue | undefined) => Origin,
): Step[] {
  const isCopied = message["is_template"] === true;
  const known: Partial<Step> = { timestamp: isoTime(message["timestamp"]), isCopied };
  const text = contentText(message["content"]);
  if (textAt(message, "role") === "assistant") {
    const turn = objectAt(channelJson(message, "fast-agent-usage"), "turn");
    const calls = Object.entries(objectAt(message, "tool_calls")).flatMap(([id, call]) => {
      const params = objectAt(call, "params");
      const tool = textAt(params, "name");
      const origin = originOf(["tool_calls", id], call);
      return tool === "" ? [] : [newCall(id, tool, params["arguments"], origin)];
    });
    const model = textAt(turn, "model") || null;
    return [
      newStep("agent", origin, {
        ...known,
        text: joinTexts([text, channelText(message, "fast-agent-error")]),
        reasoning: channelText(message, "reasoning"),
        model,
        calls,
        usage: turnUsage(turn),
      }),
    ];
  }
  // What a prompt template says is not what the person wrote.
  const { words, harness } = isCopied ? { words: "", harness: text } : partUserText(text);
  return [
    ...(harness === "" ? [] : [newStep("system", origin, { ...known, text: harness })]),
    ...(words === "" ? [] : [newStep("user", origin, { ...known, text: words })]),
  ];
}

function turnUsage(turn: Record<string, JsonValue>): Usage | null {
  const [input, output] = [numberAt(turn, "input_tokens"), numberAt(turn, "output_tokens")];
  if (input === null && output === null) return null;
  const cache = objectAt(turn, "cache_usage");
  const cachedInput =
    (numberAt(cache, "cache_read_tokens") ?? 0) + (numberAt(cache, "cache_hit_tokens") ?? 0);
  return { input: input ?? 0, cachedInput, output: output ?? 0, costUsd: null };
}

function channelText(message: Record<string, JsonValue>, channel: string): string {
  return contentText(listAt(objectAt(message, "channels"), channel));
}

/** A channel that holds an object as JSON text. */
function channelJson(message: Record<string, JsonValue>, channel: string): Record<string, JsonValue> {
  try {
    const value: JsonValue = JSON.parse(channelText(message, channel));
    return isJsonObject(value) ? value : {};
  } catch {
    return {};
  }
}
