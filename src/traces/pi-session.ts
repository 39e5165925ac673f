import { lineOrigin } from "./document-origin.ts";
import { partUserText } from "./harness-text.ts";
import { isoTime } from "./iso-time.ts";
import { isJsonObject, listAt, numberAt, objectAt, textAt, type JsonValue } from "./json-value.ts";
import { knownFacts } from "./known-facts.ts";
import { contentText, joinTexts } from "./message-content.ts";
import { newCall, newStep } from "./new-step.ts";
import { openCalls } from "./open-calls.ts";
import { piTree } from "./pi-tree.ts";
import { resultOf } from "./result-of.ts";
import type { JsonLine, Origin, SessionFile, SessionSink, Step, Usage } from "./session.ts";

/**
 * A session of Pi (pi-mono, `docs/session.md`, versions 1 to 3): a line that names the session, then entries that form
 * a tree. The branch of the last entry counts; what the person went back before is abandoned. The file is read twice:
 * first for the tree, then for the steps.
 */
export async function* readPiSession(file: SessionFile, sink: SessionSink): AsyncGenerator<Step> {
  const tree = await piTree(file.lines());
  const calls = openCalls();
  let cwd: string | null = null;
  let model: string | null = null;
  let index = -1;
  for await (const entry of file.lines()) {
    index += 1;
    if (tree.isRepeated(index)) continue;
    const origin = lineOrigin(file, entry.line);
    const known: Partial<Step> = {
      timestamp: isoTime(entry.value["timestamp"]),
      branch: tree.isActive(index) ? "active" : "abandoned",
    };
    switch (textAt(entry.value, "type")) {
      case "session":
        cwd = textAt(entry.value, "cwd") || null;
        reportSession(entry.value, sink);
        break;
      case "message":
        addMessage(entry, origin, known);
        break;
      case "model_change":
        if (known.branch === "active") model = textAt(entry.value, "modelId") || model;
        break;
      case "compaction":
        if (known.branch === "active") sink.compaction();
        addSystem(textAt(entry.value, "summary"), origin, { ...known, isCopied: true });
        break;
      case "branch_summary":
        addSystem(textAt(entry.value, "summary"), origin, { ...known, isCopied: true });
        break;
      case "custom_message":
        addSystem(contentText(entry.value["content"]), origin, known);
        break;
      case "":
        sink.damage(entry.line, "an entry without a type");
        break;
      default:
      // Settings, labels and the data of extensions are no part of the conversation.
    }
    yield* calls.ready();
  }
  yield* calls.rest();

  function addMessage({ value, line }: JsonLine, origin: Origin, known: Partial<Step>): void {
    const message = objectAt(value, "message");
    const content = message["content"];
    switch (textAt(message, "role")) {
      case "user": {
        const { words, harness } = partUserText(contentText(content));
        addSystem(harness, origin, known);
        if (words !== "") calls.add(newStep("user", origin, { ...known, text: words }));
        break;
      }
      case "assistant":
        calls.add(assistantStep(message, origin, known, cwd, model));
        break;
      case "toolResult": {
        const isError = typeof message["isError"] === "boolean" ? message["isError"] : null;
        const isCut = objectAt(objectAt(message, "details"), "truncation")["truncated"] === true;
        const answered = calls.answer(textAt(message, "toolCallId"), (call) =>
          resultOf(call, contentText(content), origin, { isError, isCut }),
        );
        if (!answered) sink.damage(line, "a result for a call that is not there");
        break;
      }
      case "bashExecution":
        calls.add(bashStep(message, origin, known, cwd));
        break;
      case "branchSummary":
      case "compactionSummary":
        addSystem(textAt(message, "summary") || contentText(content), origin, { ...known, isCopied: true });
        break;
      case "custom":
      case "hookMessage":
        addSystem(contentText(content), origin, known);
        break;
      default:
        sink.damage(line, "a message without a known role");
    }
  }

  function addSystem(text: string, origin: Origin, known: Partial<Step>): void {
    if (text !== "") calls.add(newStep("system", origin, { ...known, text }));
  }
}

function reportSession(value: Record<string, JsonValue>, sink: SessionSink): void {
  const version = numberAt(value, "version");
  sink.facts(
    knownFacts({
      variant: version === null ? "" : `version ${version}`,
      agent: textAt(value, "harness") || "pi",
      sessionId: textAt(value, "id"),
      cwd: textAt(value, "cwd"),
    }),
  );
}

function assistantStep(
  message: Record<string, JsonValue>,
  origin: Origin,
  known: Partial<Step>,
  cwd: string | null,
  model: string | null,
): Step {
  const blocks = listAt(message, "content");
  const text = contentText(blocks.filter((block) => textAt(block, "type") === "text"));
  return newStep("agent", origin, {
    ...known,
    text: joinTexts([text, textAt(message, "errorMessage")]),
    reasoning: joinTexts(blocks.map((block) => textAt(block, "thinking"))),
    model: textAt(message, "model") || model,
    calls: blocks.flatMap((block) => {
      const tool = textAt(block, "name");
      if (!isJsonObject(block) || textAt(block, "type") !== "toolCall" || tool === "") return [];
      return [newCall(textAt(block, "id"), tool, block["arguments"], origin, cwd)];
    }),
    usage: messageUsage(objectAt(message, "usage")),
  });
}

/** A command that the person ran in the session: no step of the agent, but its output is evidence like any other. */
function bashStep(
  message: Record<string, JsonValue>,
  origin: Origin,
  known: Partial<Step>,
  cwd: string | null,
): Step {
  const call = newCall("", "bash", { command: textAt(message, "command") }, origin, cwd);
  call.result = resultOf(call, textAt(message, "output"), origin, {
    exitCode: numberAt(message, "exitCode"),
    isError: message["cancelled"] === true ? true : null,
    isCut: message["truncated"] === true,
  });
  return newStep("system", origin, { ...known, calls: [call] });
}

/** Pi counts cached tokens beside `input`. */
function messageUsage(usage: Record<string, JsonValue>): Usage | null {
  const [input, output] = [numberAt(usage, "input"), numberAt(usage, "output")];
  if (input === null && output === null) return null;
  const cachedInput = numberAt(usage, "cacheRead") ?? 0;
  return {
    input: (input ?? 0) + cachedInput + (numberAt(usage, "cacheWrite") ?? 0),
    cachedInput,
    output: output ?? 0,
    costUsd: numberAt(objectAt(usage, "cost"), "total"),
  };
}
