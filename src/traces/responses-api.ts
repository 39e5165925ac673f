import { type OriginOf, type Path, readExchanges } from "./exchange-file.ts";
import { partUserText } from "./harness-text.ts";
import { isJsonObject, listAt, objectAt, textAt, type JsonValue } from "./json-value.ts";
import { knownFacts } from "./known-facts.ts";
import { answerText, contentText, joinTexts } from "./message-content.ts";
import { newCall, newStep } from "./new-step.ts";
import { openCalls, wholeDocument } from "./open-calls.ts";
import { resultOf } from "./result-of.ts";
import type { Call, Origin, SessionFile, SessionSink, Step } from "./session.ts";
import { openAiUsage } from "./token-usage.ts";

/**
 * OpenAI's Responses API: `{request, response}`, a request or a response alone, or JSON lines with one of them a line,
 * each a conversation of its own. The format has no exit codes and no times.
 */
export function readResponsesApi(file: SessionFile, sink: SessionSink): AsyncGenerator<Step> {
  return readExchanges(file, sink, readExchange);
}

function readExchange(
  document: JsonValue,
  conversation: number,
  originOf: OriginOf,
  sink: SessionSink,
): Step[] {
  const [requestAt, request] = partOf(document, "request");
  const [responseAt, response] = partOf(document, "response");
  if (conversation === 0) sink.facts(knownFacts({ sessionId: textAt(response, "id") }));
  const items: { item: JsonValue; path: Path }[] = [
    ...(typeof request["input"] === "string"
      ? [{ item: { role: "user", content: request["input"] }, path: [...requestAt, "input"] }]
      : listAt(request, "input").map((item, index) => ({ item, path: [...requestAt, "input", index] }))),
    ...listAt(response, "output").map((item, index) => ({ item, path: [...responseAt, "output", index] })),
  ];
  // A model that reasons begins each of its answers with an item of type `reasoning`.
  const hasReasoning = items.some(({ item }) => textAt(item, "type") === "reasoning");
  const reader = itemReader(
    { conversation, hasReasoning, model: textAt(response, "model") || textAt(request, "model") || null },
    originOf,
    sink,
  );
  const instructions = contentText(request["instructions"]);
  if (instructions !== "") {
    const origin = originOf([...requestAt, "instructions"], request["instructions"]);
    reader.calls.add(newStep("system", origin, { conversation, text: instructions }));
  }
  for (const { item, path } of items) reader.add(item, path);
  const steps = reader.calls.rest();
  const last = steps.findLast((step) => step.source === "agent");
  if (last !== undefined) last.usage = openAiUsage(objectAt(response, "usage"));
  return steps;
}

/** The request or the response of a pair; a document that is only one of them is both. */
function partOf(document: JsonValue, name: "request" | "response"): [Path, Record<string, JsonValue>] {
  if (!isJsonObject(document)) return [[], {}];
  return isJsonObject(document[name]) ? [[name], objectAt(document, name)] : [[], document];
}

interface ItemOptions {
  conversation: number;
  model: string | null;
  hasReasoning: boolean;
}

function itemReader(options: ItemOptions, originOf: OriginOf, sink: SessionSink) {
  const { conversation, model } = options;
  const calls = openCalls(wholeDocument);
  /** The answer of the model that is being told. */
  let turn: Step | undefined;
  let hasResult = false;
  return { add, calls };

  function add(item: JsonValue, path: Path): void {
    const origin = originOf(path, item);
    const type = textAt(item, "type") || (textAt(item, "role") === "" ? "" : "message");
    if (!isJsonObject(item) || type === "") sink.damage(origin.line_from, "an item without a type");
    else if (type === "message") addMessage(item, origin);
    else if (type === "reasoning") {
      const step = answering(origin, turn !== undefined && turn.calls.length > 0);
      step.reasoning = joinTexts([
        step.reasoning,
        contentText(item["summary"]),
        contentText(item["content"]),
      ]);
    } else if (type.endsWith("_call_output")) answer(item, origin);
    else if (type.endsWith("_call")) {
      answering(origin, hasResult && !options.hasReasoning);
      calls.addCall(itemCall(item, type, origin));
    }
  }

  function addMessage(item: Record<string, JsonValue>, origin: Origin): void {
    const text = contentText(item["content"]);
    const role = textAt(item, "role");
    if (role === "assistant") {
      const step = answering(origin, turn !== undefined && turn.calls.length > 0);
      step.text = joinTexts([step.text, text]);
      return;
    }
    turn = undefined;
    const { words, harness } = role === "user" ? partUserText(text) : { words: "", harness: text };
    if (harness !== "") calls.add(newStep("system", origin, { conversation, text: harness }));
    if (words !== "") calls.add(newStep("user", origin, { conversation, text: words }));
  }

  function answer(item: Record<string, JsonValue>, origin: Origin): void {
    hasResult = true;
    const known = calls.answer(textAt(item, "call_id"), (call) =>
      resultOf(call, answerText(item["output"]), origin),
    );
    if (!known) sink.damage(origin.line_from, "a result for a call that is not there");
  }

  /** The answer that an item is a part of. */
  function answering(origin: Origin, isNext: boolean): Step {
    if (turn === undefined || isNext) {
      turn = newStep("agent", origin, { conversation, model });
      hasResult = false;
      calls.add(turn);
    }
    turn.origin = { ...turn.origin, line_to: Math.max(turn.origin.line_to, origin.line_to) };
    return turn;
  }
}

/** A call of a function, of a custom tool (whose input is a text) or of a tool of the server, such as a shell. */
function itemCall(item: Record<string, JsonValue>, type: string, origin: Origin): Call {
  const tool = textAt(item, "name") || type.slice(0, -"_call".length);
  const args = item["arguments"] ?? item["input"] ?? item["action"];
  const id = textAt(item, "call_id") || textAt(item, "id");
  const call = newCall(id, tool, args, origin);
  // Tools of the server keep their answers in their own item.
  const answer = item["output"] ?? item["outputs"] ?? item["error"] ?? null;
  const isError = (item["error"] ?? null) === null ? null : true;
  if (answer !== null) call.result = resultOf(call, answerText(answer), origin, { isError });
  return call;
}
