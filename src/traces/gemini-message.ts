import { sha256 } from "../digest.ts";
import { partUserText } from "./harness-text.ts";
import { isoTime } from "./iso-time.ts";
import { isJsonObject, listAt, numberAt, objectAt, textAt, type JsonValue } from "./json-value.ts";
import { knownFacts } from "./known-facts.ts";
import { answerText, contentText, joinTexts } from "./message-content.ts";
import { newCall, newStep } from "./new-step.ts";
import { resultOf } from "./result-of.ts";
import type { Call, Origin, SessionSink, Step, Usage } from "./session.ts";

type JsonObject = { [key: string]: JsonValue };

/** Reads messages of the Gemini CLI one by one; what the session says about itself comes in between. */
export function messageReader(sink: SessionSink) {
  let subagent: string | null = null;
  let projectHash = "";
  let sessionCwd: string | null = null;

  return { describe, steps };

  function describe(metadata: JsonObject): void {
    const sessionId = textAt(metadata, "sessionId");
    if (metadata["kind"] === "subagent") subagent = sessionId || "sub-agent";
    projectHash = textAt(metadata, "projectHash") || projectHash;
    const [folder] = listAt(metadata, "directories");
    if (typeof folder === "string" && folder !== "") sessionCwd = folder;
    sink.facts(knownFacts({ sessionId, cwd: sessionCwd ?? "" }));
  }

  /** The steps of one message: of the person's words, of what the harness added, or of the agent. */
  function steps(message: JsonObject, origin: Origin): Step[] {
    const known = { timestamp: isoTime(message["timestamp"]), subagent };
    if (message["type"] === "gemini") return [agentStep(message, origin, known)];
    const shown = wordsOf(message["displayContent"]);
    const { words, harness } = partUserText(shown === "" ? wordsOf(message["content"]) : shown);
    // What a sub-agent is asked comes from the agent that started it; notes and errors come from the program.
    const source = message["type"] === "user" && subagent === null ? "user" : "system";
    return [
      newStep("system", origin, { ...known, text: harness }),
      newStep(source, origin, { ...known, text: words }),
    ].filter((step) => step.text.trim() !== "");
  }

  function agentStep(message: JsonObject, origin: Origin, known: Partial<Step>): Step {
    return newStep("agent", origin, {
      ...known,
      text: wordsOf(message["content"]),
      reasoning: joinTexts([...listAt(message, "thoughts").map(thoughtText), thoughtsOf(message["content"])]),
      model: textAt(message, "model") || null,
      calls: listAt(message, "toolCalls").flatMap((told) =>
        isJsonObject(told) ? [callOf(told, origin)] : [],
      ),
      usage: usageOf(objectAt(message, "tokens")),
    });
  }

  function callOf(told: JsonObject, origin: Origin): Call {
    sessionCwd ??= projectRoot(objectAt(told, "args"), projectHash);
    const own = { ...origin, line_from: origin.line_to };
    const call = newCall(textAt(told, "id"), textAt(told, "name"), told["args"], own, sessionCwd);
    const status = told["status"];
    const hasFailed = status === "error" || status === "cancelled";
    if (!hasFailed && status !== "success" && !Array.isArray(told["result"])) return call;
    const answer = answerOf(told);
    // A command that ran is a success for Gemini, whatever its exit code was.
    const isSuccess = status === "success" && call.kind !== "shell";
    const isError = hasFailed || answer.isError ? true : isSuccess ? false : null;
    call.result = resultOf(call, answer.text, own, { isError });
    return call;
  }
}

/** The words of a message, without the model's thoughts and the answers of tools. */
function wordsOf(content: JsonValue | undefined): string {
  return contentText(partsOf(content).filter((part) => !isThought(part)));
}

function thoughtsOf(content: JsonValue | undefined): string {
  return contentText(partsOf(content).filter(isThought));
}

/** Content is a text, one part or a list of them. */
function partsOf(content: JsonValue | undefined): JsonValue[] {
  if (content === undefined || content === null) return [];
  return Array.isArray(content) ? content : [content];
}

function isThought(part: JsonValue): boolean {
  return isJsonObject(part) && part["thought"] === true;
}

function thoughtText(thought: JsonValue): string {
  const subject = textAt(thought, "subject");
  const description = textAt(thought, "description");
  return subject === "" || description === "" ? subject + description : `${subject}: ${description}`;
}

/** What a tool answered, in the parts that the model was given; else as it was shown to the person. */
function answerOf(told: JsonObject): { text: string; isError: boolean } {
  let isError = false;
  const texts = partsOf(told["result"]).map((part) => {
    if (!isJsonObject(part) || !isJsonObject(part["functionResponse"])) return contentText([part]);
    const response = objectAt(part["functionResponse"], "response");
    const error = answerText(response["error"]);
    if (error !== "") isError = true;
    return (
      error ||
      answerText(response["output"]) ||
      (Object.keys(response).length > 0 ? JSON.stringify(response) : "")
    );
  });
  return { text: joinTexts(texts) || textAt(told, "resultDisplay"), isError };
}

/** `input` includes what was cached; the thoughts are counted beside the output. */
function usageOf(tokens: JsonObject): Usage | null {
  const input = numberAt(tokens, "input");
  const output = numberAt(tokens, "output");
  if (input === null && output === null) return null;
  return {
    input: input ?? 0,
    cachedInput: numberAt(tokens, "cached") ?? 0,
    output: (output ?? 0) + (numberAt(tokens, "thoughts") ?? 0),
    costUsd: null,
  };
}

/**
 * The session does not name its folder, but its SHA-256: the folder above a file that a call names and that has this
 * hash. Null where none has.
 */
function projectRoot(args: JsonObject, projectHash: string): string | null {
  if (projectHash === "") return null;
  for (const path of Object.values(args)) {
    if (typeof path !== "string" || path.length > 4096 || !/^(?:\/|[A-Za-z]:[\\/])/.test(path)) continue;
    for (const separator of path.matchAll(/[\\/]/g)) {
      const folder = path.slice(0, separator.index);
      if (folder !== "" && sha256(folder) === projectHash) return folder;
    }
    if (sha256(path) === projectHash) return path;
  }
  return null;
}
