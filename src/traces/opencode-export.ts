import { documentOrigin } from "./document-origin.ts";
import { partUserText } from "./harness-text.ts";
import { isoTime } from "./iso-time.ts";
import { isJsonObject, listAt, numberAt, objectAt, textAt, type JsonValue } from "./json-value.ts";
import { knownFacts } from "./known-facts.ts";
import { joinTexts } from "./message-content.ts";
import { newCall, newStep } from "./new-step.ts";
import { resultOf } from "./result-of.ts";
import type { Call, Origin, SessionFile, SessionSink, Step, Usage } from "./session.ts";

type JsonObject = { [key: string]: JsonValue };

/**
 * Reads what `opencode export` writes: one document `{info, messages: [{info, parts}], todos}` (types of
 * `@opencode-ai/sdk`). Messages from the one that `info.revert` names on were taken back by the person.
 */
export async function* readOpencodeExport(file: SessionFile, sink: SessionSink): AsyncGenerator<Step> {
  const document = await file.document();
  const session = objectAt(document, "info");
  const cwd = textAt(session, "directory");
  sink.facts(
    knownFacts({
      agent: "opencode",
      agentVersion: textAt(session, "version"),
      sessionId: textAt(session, "id"),
      cwd,
    }),
  );
  const isSubagent = textAt(session, "parentID") !== "";
  const revertTo = textAt(objectAt(session, "revert"), "messageID");
  let branch: Step["branch"] = "active";

  for (const [index, message] of listAt(document, "messages").entries()) {
    const origin = documentOrigin(file, ["messages", index], message);
    const info = objectAt({ message }, "message")["info"];
    if (!isJsonObject(message) || !isJsonObject(info)) {
      sink.damage(origin.line_from, "a message without its facts");
      continue;
    }
    if (revertTo !== "" && info["id"] === revertTo) branch = "abandoned";
    const subagent = isSubagent ? textAt(info, "agent") || textAt(info, "mode") || "sub-agent" : null;
    const known = { branch, subagent, timestamp: isoTime(objectAt(info, "time")["created"]) };
    const parts = listAt(message, "parts");
    if (info["role"] === "user") yield* userSteps(parts, origin, known, sink);
    else if (info["role"] === "assistant") {
      const at = (part: number) => documentOrigin(file, ["messages", index, "parts", part], parts[part]);
      yield* agentSteps(info, parts, { origin, at, cwd, known });
    } else sink.damage(origin.line_from, "a message without a known role");
  }
}

/** Parts that opencode adds to a user's message are marked as synthetic. */
function userSteps(
  parts: readonly JsonValue[],
  origin: Origin,
  known: Partial<Step>,
  sink: SessionSink,
): Step[] {
  if (parts.some((part) => textAt(part, "type") === "compaction")) sink.compaction();
  const texts = parts.filter((part) => textAt(part, "type") === "text");
  const own = texts.filter((part) => !isSynthetic(part)).map((part) => partUserText(textAt(part, "text")));
  const harness = [
    ...texts.filter(isSynthetic).map((part) => textAt(part, "text")),
    ...own.map((part) => part.harness),
  ];
  // What a sub-agent is asked comes from the agent that started it.
  const source = known.subagent === null ? "user" : "system";
  return [
    newStep("system", origin, { ...known, text: joinTexts(harness) }),
    newStep(source, origin, { ...known, text: joinTexts(own.map((part) => part.words)) }),
  ].filter((step) => step.text.trim() !== "");
}

function isSynthetic(part: JsonValue): boolean {
  return isJsonObject(part) && part["synthetic"] === true;
}

interface MessagePlace {
  origin: Origin;
  at: (part: number) => Origin;
  cwd: string;
  known: Partial<Step>;
}

function agentSteps(info: JsonObject, parts: readonly JsonValue[], place: MessagePlace): Step[] {
  const textOf = (type: string) =>
    joinTexts(parts.filter((part) => textAt(part, "type") === type).map((part) => textAt(part, "text")));
  const cwd = place.cwd || textAt(objectAt(info, "path"), "cwd") || null;
  const steps = [
    newStep("agent", place.origin, {
      ...place.known,
      text: textOf("text"),
      reasoning: textOf("reasoning"),
      model: textAt(info, "modelID") || null,
      calls: parts.flatMap((part, index) =>
        isJsonObject(part) && part["type"] === "tool" ? [callOf(part, place.at(index), cwd)] : [],
      ),
      usage: usageOf(info),
      // The message that a compaction puts in place of what was said before.
      isCopied: info["summary"] === true,
    }),
  ];
  const error = objectAt(info, "error");
  const reason = textAt(objectAt(error, "data"), "message") || textAt(error, "name");
  if (reason !== "") steps.push(newStep("system", place.origin, { ...place.known, text: reason }));
  return steps;
}

function callOf(part: JsonObject, origin: Origin, cwd: string | null): Call {
  const state = objectAt(part, "state");
  const status = state["status"];
  const call = newCall(textAt(part, "callID"), textAt(part, "tool"), state["input"], origin, cwd);
  if (status !== "completed" && status !== "error") return call;
  const metadata = objectAt(state, "metadata");
  const time = objectAt(state, "time");
  const start = numberAt(time, "start");
  const end = numberAt(time, "end");
  // A command that ran is completed, whatever its exit code was.
  const isCompleted = call.kind === "shell" ? null : false;
  call.result = resultOf(
    call,
    status === "error" ? textAt(state, "error") : textAt(state, "output"),
    origin,
    {
      exitCode: call.kind === "shell" ? numberAt(metadata, "exit") : null,
      isError: status === "error" ? true : isCompleted,
      isCut: metadata["truncated"] === true,
      durationMs: start === null || end === null || end < start ? null : end - start,
    },
  );
  return call;
}

/** `input` is what was neither read from nor written to the cache; reasoning is counted beside the output. */
function usageOf(info: JsonObject): Usage | null {
  const tokens = objectAt(info, "tokens");
  const cache = objectAt(tokens, "cache");
  const input = numberAt(tokens, "input");
  const output = numberAt(tokens, "output");
  if (input === null && output === null) return null;
  const cachedInput = numberAt(cache, "read") ?? 0;
  return {
    input: (input ?? 0) + cachedInput + (numberAt(cache, "write") ?? 0),
    cachedInput,
    output: (output ?? 0) + (numberAt(tokens, "reasoning") ?? 0),
    costUsd: numberAt(info, "cost"),
  };
}
