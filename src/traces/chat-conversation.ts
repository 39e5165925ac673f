import { partUserText } from "./harness-text.ts";
import { isoTime } from "./iso-time.ts";
import { isJsonObject, listAt, objectAt, textAt, type JsonValue } from "./json-value.ts";
import { answerText, contentText, joinTexts } from "./message-content.ts";
import { newCall, newStep } from "./new-step.ts";
import { openCalls } from "./open-calls.ts";
import { resultOf } from "./result-of.ts";
import type { Call, Origin, SessionSink, Step } from "./session.ts";
import { openAiUsage } from "./token-usage.ts";

export interface ChatOptions {
  conversation: number;
  /** The model where a message does not name its own. */
  model: string | null;
}

/** Where the parts of a message stand; the whole message where the file does not tell them apart. */
export type PartOrigin = (path: readonly (string | number)[]) => Origin;

/**
 * One conversation in the messages of OpenAI's chat completions. Messages go in one by one; steps come out as soon as
 * their calls have results.
 */
export function chatConversation(options: ChatOptions, sink: SessionSink) {
  const calls = openCalls();
  return { add, rest: calls.rest };

  function add(message: JsonValue | undefined, originOf: PartOrigin): Step[] {
    const origin = originOf([]);
    const content = contentText(isJsonObject(message) ? message["content"] : undefined);
    const step = (source: Step["source"], known: Partial<Step>): void =>
      calls.add(
        newStep(source, origin, {
          conversation: options.conversation,
          timestamp: isoTime(isJsonObject(message) ? message["timestamp"] : undefined),
          ...known,
        }),
      );

    switch (textAt(message, "role")) {
      case "system":
      case "developer":
        step("system", { text: content });
        break;
      case "user": {
        const { words, harness } = partUserText(content);
        if (harness !== "") step("system", { text: harness });
        if (words !== "" || harness === "") step("user", { text: words });
        break;
      }
      case "assistant":
        step("agent", {
          text: joinTexts([content, textAt(message, "refusal")]),
          reasoning: textAt(message, "reasoning_content") || textAt(message, "reasoning"),
          model: textAt(message, "model") || options.model,
          calls: messageCalls(message, originOf),
          usage: openAiUsage(objectAt(message, "usage")),
        });
        break;
      case "tool":
      case "function": {
        const text = answerText(isJsonObject(message) ? message["content"] : undefined);
        const known = calls.answer(textAt(message, "tool_call_id"), (call) => resultOf(call, text, origin));
        if (!known) sink.damage(origin.line_from, "a result for a call that is not there");
        break;
      }
      default:
        sink.damage(origin.line_from, "a message without a known role");
    }
    return calls.ready();
  }
}

function messageCalls(message: JsonValue | undefined, originOf: PartOrigin): Call[] {
  const found = listAt(message, "tool_calls").flatMap((call, index) => {
    // Custom tools take a text instead of JSON arguments.
    const isCustom = textAt(call, "type") === "custom";
    const told = objectAt(call, isCustom ? "custom" : "function");
    const tool = textAt(told, "name");
    if (tool === "") return [];
    const args = told[isCustom ? "input" : "arguments"];
    const origin = originOf(["tool_calls", index]);
    return [newCall(textAt(call, "id"), tool, args, origin)];
  });
  // The form before there were several calls in a message.
  const single = objectAt(message, "function_call");
  const tool = textAt(single, "name");
  if (tool === "") return found;
  const origin = originOf(["function_call"]);
  return [...found, newCall("", tool, single["arguments"], origin)];
}
