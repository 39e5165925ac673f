import { isStreamLine, streamFacts, streamTotals } from "./claude-code-stream.ts";
import { claudeTree, entryId } from "./claude-code-tree.ts";
import { describeCall } from "./call.ts";
import { lineOrigin } from "./document-origin.ts";
import { partUserText } from "./harness-text.ts";
import { isoTime } from "./iso-time.ts";
import { isJsonObject, listAt, objectAt, textAt } from "./json-value.ts";
import type { JsonValue } from "./json-value.ts";
import { knownFacts } from "./known-facts.ts";
import { answerText, callArguments, contentText, joinTexts } from "./message-content.ts";
import { newStep } from "./new-step.ts";
import { openTurn } from "./open-turn.ts";
import { resultOf } from "./result-of.ts";
import type { Origin, SessionFile, SessionSink, Step } from "./session.ts";
import { anthropicUsage } from "./token-usage.ts";

type Entry = Record<string, JsonValue>;

/**
 * Reads the conversation log of Claude Code: JSON lines that form a tree. What was said on a branch that the person
 * went back from comes as `abandoned`. The lines of one message are one step. Sub-agents that wrote into the same
 * file are told apart by their id. The stream that `claude -p` prints is read as a session without branches.
 */
export async function* readClaudeCode(file: SessionFile, sink: SessionSink): AsyncGenerator<Step> {
  const tree = await claudeTree(file.lines());
  const turn = openTurn();
  /** The message that the open step is made of. */
  let message = "";
  let entry = -1;
  let hasSpoken = false;
  for await (const { value, line } of file.lines()) {
    if (entryId(value) !== "") {
      entry += 1;
      if (tree.isRepeated(entry)) continue;
    }
    reportFacts(value, sink);
    const isSidechain = value["isSidechain"] === true && !tree.isSidechain;
    const known: Partial<Step> = {
      timestamp: isoTime(value["timestamp"]),
      subagent: isSidechain
        ? textAt(value, "agentId") || "sidechain"
        : (isStreamLine(value) && textAt(value, "parent_tool_use_id")) || null,
      branch: isSidechain || entryId(value) === "" || tree.isActive(entry) ? "active" : "abandoned",
    };
    const origin = lineOrigin(file, line);
    switch (textAt(value, "type")) {
      case "assistant": {
        const id = textAt(value["message"], "id");
        const open = turn.last();
        const isSame = id !== "" && id === message && open?.subagent === known.subagent;
        message = id;
        const step = isSame && open !== undefined ? open : turn.start(agentStep(value, origin, known));
        addBlocks(step, value, origin, turn, sink);
        hasSpoken ||= step.text !== "";
        break;
      }
      case "result": {
        if (!isStreamLine(value)) break;
        sink.totals?.(streamTotals(value));
        // The last words again, unless the messages were not asked for.
        const text = textAt(value, "result");
        const source = value["is_error"] === true ? "system" : "agent";
        if (!hasSpoken && text !== "") turn.start(newStep(source, origin, { text }));
        break;
      }
      case "user":
        addAnswers(value, origin, turn);
        for (const step of userSteps(value, origin, known)) {
          turn.start(step);
          message = "";
        }
        break;
      case "system":
        if (value["subtype"] === "compact_boundary" && known.branch === "active" && !isSidechain)
          sink.compaction();
        if (value["subtype"] === "init" && isStreamLine(value)) sink.facts(streamFacts(value));
        break;
      case "attachment": {
        const words = queuedWords(value);
        if (words !== "") {
          turn.start(newStep("user", origin, { ...known, text: words }));
          message = "";
        }
        break;
      }
    }
    yield* turn.ready();
  }
  yield* turn.rest();
}

function reportFacts(entry: Entry, sink: SessionSink): void {
  const agentVersion = textAt(entry, "version");
  if (agentVersion === "") return;
  const [sessionId, cwd] = [textAt(entry, "sessionId"), textAt(entry, "cwd")];
  sink.facts(knownFacts({ agent: "claude-code", agentVersion, sessionId, cwd }));
}

/** A message that the harness made up, such as an error of the service, is not the agent's word. */
function agentStep(entry: Entry, origin: Origin, known: Partial<Step>): Step {
  const model = textAt(entry["message"], "model");
  const isMadeUp = entry["isApiErrorMessage"] === true || model === "<synthetic>";
  return newStep(
    isMadeUp ? "system" : "agent",
    { ...origin },
    {
      ...known,
      model: isMadeUp || model === "" ? null : model,
    },
  );
}

function addBlocks(
  step: Step,
  entry: Entry,
  origin: Origin,
  turn: ReturnType<typeof openTurn>,
  sink: SessionSink,
): void {
  const message = objectAt(entry, "message");
  // Each line of a message repeats its usage; only the last one has counted everything.
  step.usage = anthropicUsage(message["usage"]) ?? step.usage;
  step.origin.line_to = origin.line_to;
  const content = message["content"];
  for (const block of typeof content === "string" ? [content] : listAt(message, "content")) {
    const type = textAt(block, "type");
    if (type === "thinking") step.reasoning = joinTexts([step.reasoning, textAt(block, "thinking")]);
    else if (type === "tool_use" || type === "server_tool_use") {
      const tool = textAt(block, "name");
      const args = callArguments(isJsonObject(block) ? block["input"] : undefined);
      if (tool === "Skill") {
        const skill = textAt(args, "skill") || textAt(args, "command");
        if (skill !== "") sink.skill(skill);
      }
      const described = describeCall(tool, args, textAt(entry, "cwd") || null);
      turn.addCall(step, { id: textAt(block, "id"), tool, ...described, result: null, origin });
    } else step.text = joinTexts([step.text, contentText(block)]);
  }
}

function addAnswers(entry: Entry, origin: Origin, turn: ReturnType<typeof openTurn>): void {
  for (const block of listAt(entry["message"], "content")) {
    if (!isJsonObject(block) || block["type"] !== "tool_result") continue;
    const failure = entry["toolUseResult"] ?? entry["tool_use_result"];
    // Only failures are always marked.
    const isError =
      block["is_error"] === true || (typeof failure === "string" && failure.startsWith("Error"));
    const text = typeof block["content"] === "string" ? block["content"] : answerText(block["content"]);
    turn.answer(textAt(block, "tool_use_id"), (call) => resultOf(call, text, origin, { isError }));
  }
}

/** What stands in a user's entry besides results: words of the person, and what the harness put there. */
function userSteps(entry: Entry, origin: Origin, known: Partial<Step>): Step[] {
  const content = objectAt(entry, "message")["content"];
  const texts =
    typeof content === "string" ? [content] : listAt(entry["message"], "content").map(textOfBlock);
  const isSummary = entry["isCompactSummary"] === true;
  const words: string[] = [];
  const harness: string[] = [];
  for (const text of texts) {
    const parts =
      isSummary || entry["isMeta"] === true || harnessStart.test(text)
        ? { words: "", harness: text }
        : partUserText(text);
    words.push(parts.words);
    harness.push(parts.harness);
  }
  const steps: Step[] = [];
  const systemText = joinTexts(harness);
  if (systemText !== "")
    steps.push(newStep("system", origin, { ...known, text: systemText, isCopied: isSummary }));
  const userText = joinTexts(words);
  // What a sub-agent is asked comes from the agent that started it.
  const source = known.subagent === null ? "user" : "system";
  if (userText.trim() !== "") steps.push(newStep(source, { ...origin }, { ...known, text: userText }));
  return steps;
}

const harnessStart =
  /^\s*(?:<(?:bash-(?:input|stdout|stderr)|local-command-\w+|task-notification|user-prompt-submit-hook|ide_\w+)>|Caveat: The messages below were generated by the user while running local commands|\[Request interrupted by user)/;

function textOfBlock(block: JsonValue): string {
  return isJsonObject(block) && block["type"] === "tool_result" ? "" : contentText(block);
}

/** What the person wrote while the agent was at work. */
function queuedWords(entry: Entry): string {
  const attachment = objectAt(entry, "attachment");
  if (attachment["type"] !== "queued_command") return "";
  return partUserText(contentText(attachment["prompt"])).words;
}
