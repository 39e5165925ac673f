import { type OriginOf, type Path, readExchanges } from "./exchange-file.ts";
import { partUserText } from "./harness-text.ts";
import { isJsonObject, listAt, objectAt, textAt, type JsonValue } from "./json-value.ts";
import { answerText, contentText, joinTexts } from "./message-content.ts";
import { newCall, newStep } from "./new-step.ts";
import { openCalls, wholeDocument } from "./open-calls.ts";
import { resultOf } from "./result-of.ts";
import type { Call, Origin, SessionFile, SessionSink, Step } from "./session.ts";
import { anthropicUsage } from "./token-usage.ts";

/**
 * Anthropic's Messages API: `{request, response}`, a request alone, or JSON lines with one of them a line, each a
 * conversation of its own. The format has no exit codes and no times.
 */
export function readAnthropicMessages(file: SessionFile, sink: SessionSink): AsyncGenerator<Step> {
  return readExchanges(file, sink, readExchange);
}

function readExchange(
  document: JsonValue,
  conversation: number,
  originOf: OriginOf,
  sink: SessionSink,
): Step[] {
  const isPair = isJsonObject(document) && isJsonObject(document["request"]);
  const base: Path = isPair ? ["request"] : [];
  const request = isPair ? objectAt(document, "request") : document;
  const messages = Array.isArray(request) ? request : listAt(request, "messages");
  const messagesAt: Path = Array.isArray(request) ? base : [...base, "messages"];
  const reader = exchangeReader(conversation, textAt(request, "model") || null, originOf, sink);

  if (isJsonObject(request)) {
    const system = contentText(request["system"]);
    const origin = originOf([...base, "system"], request["system"]);
    if (system !== "") reader.calls.add(newStep("system", origin, { conversation, text: system }));
  }
  for (const [index, message] of messages.entries()) reader.add(message, [...messagesAt, index]);
  const response = objectAt(document, "response");
  if (textAt(response, "role") === "assistant") reader.add(response, ["response"]);
  return reader.calls.rest();
}

function exchangeReader(conversation: number, model: string | null, originOf: OriginOf, sink: SessionSink) {
  // The whole exchange is one value in memory, so its steps may all wait for their results.
  const calls = openCalls(wholeDocument);
  return { add, calls };

  function add(message: JsonValue, path: Path): void {
    const content = isJsonObject(message) ? message["content"] : undefined;
    const blocks: JsonValue[] = Array.isArray(content) ? content : [{ type: "text", text: content ?? "" }];
    const origin = originOf(path, message);
    const text = contentText(blocks.filter((block) => textAt(block, "type") === "text"));
    const blockOrigin = (index: number): Origin =>
      Array.isArray(content) ? originOf([...path, "content", index], blocks[index]) : origin;

    if (textAt(message, "role") === "assistant") {
      calls.add(
        newStep("agent", origin, {
          conversation,
          text,
          reasoning: joinTexts(blocks.map((block) => textAt(block, "thinking"))),
          model: textAt(message, "model") || model,
          calls: blocks.flatMap((block, index) => blockCall(block, blockOrigin(index))),
          usage: anthropicUsage(objectAt(message, "usage")),
        }),
      );
      // Tools of the server answer in the assistant's own message.
      answer(blocks, blockOrigin);
    } else if (textAt(message, "role") === "user") {
      answer(blocks, blockOrigin);
      const { words, harness } = partUserText(text);
      if (harness !== "") calls.add(newStep("system", origin, { conversation, text: harness }));
      if (words !== "") calls.add(newStep("user", origin, { conversation, text: words }));
    } else sink.damage(origin.line_from, "a message without a known role");
  }

  function answer(blocks: readonly JsonValue[], blockOrigin: (index: number) => Origin): void {
    for (const [index, block] of blocks.entries()) {
      if (!isJsonObject(block) || !textAt(block, "type").endsWith("tool_result")) continue;
      const origin = blockOrigin(index);
      const isError = typeof block["is_error"] === "boolean" ? block["is_error"] : null;
      const text = answerText(block["content"]);
      const known = calls.answer(textAt(block, "tool_use_id"), (call) =>
        resultOf(call, text, origin, { isError }),
      );
      if (!known) sink.damage(origin.line_from, "a result for a call that is not there");
    }
  }
}

/** A call of the client's tool, of a tool of the server (`server_tool_use`) or of an MCP server (`mcp_tool_use`). */
function blockCall(block: JsonValue, origin: Origin): Call[] {
  const tool = textAt(block, "name");
  if (!isJsonObject(block) || !textAt(block, "type").endsWith("tool_use") || tool === "") return [];
  return [newCall(textAt(block, "id"), tool, block["input"], origin)];
}
