import { documentOrigin } from "./document-origin.ts";
import { isoTime } from "./iso-time.ts";
import { isJsonObject, listAt, numberAt, objectAt, textAt, type JsonValue } from "./json-value.ts";
import { knownFacts } from "./known-facts.ts";
import { contentText } from "./message-content.ts";
import { newCall, newStep } from "./new-step.ts";
import { openCalls } from "./open-calls.ts";
import { resultOf } from "./result-of.ts";
import type { Call, Origin, SessionFile, SessionSink, Step } from "./session.ts";
import { openAiUsage } from "./token-usage.ts";

/** The command with which the agent says that it is done; it does nothing else. */
const submitCommand =
  /^\s*echo\s+["']?(?:COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT|MINI_SWE_AGENT_FINAL_OUTPUT)\b/;
const fenceStart = /^```(?:mswea_bash_command|bash)\s*$/;
const fenceEnd = /^```\s*$/;

/**
 * A trajectory of mini-swe-agent (`*.traj.json`). Its only tool is a shell; commands stand in `extra.actions`, in a
 * fence or in real tool calls, and what they printed in the next messages. Only the first message of the role `user`
 * is the person's: all others are what the harness answers.
 */
export async function* readMiniSweAgent(file: SessionFile, sink: SessionSink): AsyncGenerator<Step> {
  const document = await file.document();
  const info = objectAt(document, "info");
  const config = objectAt(info, "config");
  const cwd = textAt(objectAt(config, "environment"), "cwd");
  const model = textAt(objectAt(config, "model"), "model_name") || null;
  sink.facts(
    knownFacts({
      variant: textAt(document, "trajectory_format"),
      agent: "mini-swe-agent",
      agentVersion: textAt(info, "mini_version"),
      cwd,
      exitStatus: textAt(info, "exit_status"),
      submission: textAt(info, "submission"),
    }),
  );

  const calls = openCalls();
  let hasTask = false;
  for (const [index, message] of listAt(document, "messages").entries()) {
    const origin = documentOrigin(file, ["messages", index], message);
    const extra = objectAt(message, "extra");
    const timestamp = isoTime(extra["timestamp"]);
    const text = contentText(isJsonObject(message) ? message["content"] : undefined);
    switch (textAt(message, "role")) {
      case "system":
        calls.add(newStep("system", origin, { timestamp, text }));
        break;
      case "assistant":
        calls.add(
          newStep("agent", origin, {
            timestamp,
            text: partFence(text).words,
            reasoning: textAt(message, "reasoning_content"),
            model,
            calls: messageCalls(message, text, origin, cwd || null),
            usage: openAiUsage(objectAt(objectAt(extra, "response"), "usage")),
          }),
        );
        break;
      case "user":
      case "tool":
        if (textAt(message, "role") === "user" && !hasTask) {
          hasTask = true;
          calls.add(newStep("user", origin, { timestamp, text }));
        } else if (isObservation(message, text) && answer(message, text, origin)) break;
        else if (text !== "") calls.add(newStep("system", origin, { timestamp, text }));
        break;
      case "exit":
        break;
      default:
        sink.damage(origin.line_from, "a message without a known role");
    }
    yield* calls.ready();
  }
  yield* calls.rest();

  function answer(message: JsonValue, text: string, origin: Origin): boolean {
    const exitCode = numberAt(objectAt(message, "extra"), "returncode");
    const isCut = text.includes("<elided_chars>");
    return calls.answer(textAt(message, "tool_call_id"), (call) =>
      resultOf(call, text, origin, { exitCode, isCut }),
    );
  }
}

function isObservation(message: JsonValue, text: string): boolean {
  return (
    numberAt(objectAt(message, "extra"), "returncode") !== null ||
    textAt(message, "tool_call_id") !== "" ||
    /^\s*<returncode>/.test(text)
  );
}

function messageCalls(message: JsonValue, text: string, origin: Origin, cwd: string | null): Call[] {
  const toolCalls = listAt(message, "tool_calls");
  if (toolCalls.length > 0)
    return toolCalls.flatMap((call) => {
      const told = objectAt(call, "function");
      const tool = textAt(told, "name") || "bash";
      const id = textAt(call, "id");
      const made = newCall(id, tool, told["arguments"], origin, cwd);
      return submitCommand.test(made.command ?? "") ? [] : [made];
    });
  const actions = listAt(objectAt(message, "extra"), "actions").map((action) => textAt(action, "command"));
  const commands = actions.length > 0 ? actions : [partFence(text).command];
  return commands
    .filter((command) => command !== "" && !submitCommand.test(command))
    .map((command) => newCall("", "bash", { command }, origin, cwd));
}

/** An answer of the model, parted into its words and the command in a fence of its own. */
function partFence(text: string): { words: string; command: string } {
  const lines = text.split("\n");
  const from = lines.findIndex((line) => fenceStart.test(line));
  const to = from === -1 ? -1 : lines.findIndex((line, index) => index > from && fenceEnd.test(line));
  if (to === -1) return { words: text.trim(), command: "" };
  const words = [...lines.slice(0, from), ...lines.slice(to + 1)].join("\n").trim();
  return { words, command: lines.slice(from + 1, to).join("\n") };
}
