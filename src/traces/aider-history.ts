import { lineOrigin } from "./document-origin.ts";
import { isoTime } from "./iso-time.ts";
import { newCall, newStep } from "./new-step.ts";
import { resultOf } from "./result-of.ts";
import type { Call, SessionFile, SessionSink, Step, Usage } from "./session.ts";

/** The line that begins a session in `.aider.chat.history.md`. */
export const aiderHeader = /^# aider chat started at\s*(.*)$/;

/** A line that is longer names no file. */
const maxName = 300;
const noticeLine = /^> ?(.*)$/;
/** What aider says in its own name: it ends the output of a command. */
const ownNotice =
  /^(?:Applied edit to|Tokens:|Commit |Running |Add |Run shell|Allow |Create new file|Attempt to fix|Did you|You can|Aider |aider |Main model|Weak model|Editor model|Model:|Git repo|Repo-map|Use \/help|Added |Dropped |The LLM did not conform)/;

interface Block {
  line: number;
  path: string;
  from: string[];
  to: string[];
  isTo: boolean;
}

/**
 * The chat history of aider: `#### prompt`, the words of the model with SEARCH/REPLACE blocks, and aider's own notices
 * behind `> `. A file holds one session after the other; each is a conversation. Exit codes are not recorded.
 */
export async function* readAiderHistory(file: SessionFile, sink: SessionSink): AsyncGenerator<Step> {
  let conversation = -1;
  let started: string | null = null;
  let model: string | null = null;
  let step: Step | undefined;
  let words: string[] = [];
  let block: Block | undefined;
  let running: { call: Call; output: string[]; line: number; lineTo: number } | undefined;
  /** The last line that may name the file of a block. */
  let name = "";
  /** Whether the fence around a block still has to end. */
  let isInFence = false;

  for await (const { text, line } of file.text()) {
    const header = aiderHeader.exec(text);
    if (block !== undefined) addToBlock(block, text, line);
    else if (header !== null) {
      yield* close();
      conversation += 1;
      started = isoTime(header[1]?.trim());
    } else if (text.startsWith("#### ")) {
      if (step?.source !== "user") yield* close();
      step ??= next("user", line);
      words.push(text.slice("#### ".length).trimEnd());
      extend(line);
    } else if (noticeLine.test(text)) yield* notice(noticeLine.exec(text)?.[1]?.trim() ?? "", line);
    else if (text.trim() === "") {
      if (step?.source === "agent") words.push("");
    } else {
      endRun();
      // A call's output or the usage ends an answer; words after it are the next one.
      if (step?.source !== "agent" || step.usage !== null) yield* close();
      step ??= next("agent", line);
      extend(line);
      if (/^<{5,9} SEARCH/.test(text)) block = { line, path: takeName(), from: [], to: [], isTo: false };
      else if (isInFence && /^```\s*$/.test(text)) isInFence = false;
      else {
        words.push(text);
        if (!text.startsWith("```")) name = text.trim();
      }
    }
  }
  yield* close();

  function next(source: Step["source"], line: number): Step {
    words = [];
    return newStep(source, lineOrigin(file, line), {
      conversation: Math.max(conversation, 0),
      timestamp: started,
      model: source === "agent" ? model : null,
    });
  }

  function extend(line: number): void {
    if (step !== undefined) step.origin = { ...step.origin, line_to: line };
  }

  function* close(): Generator<Step> {
    endRun();
    if (block !== undefined) {
      sink.damage(block.line, "a SEARCH/REPLACE block without an end");
      block = undefined;
    }
    if (step !== undefined) yield { ...step, text: words.join("\n").trim() };
    step = undefined;
    words = [];
  }

  /** The name of the file stands on the line before the block's fence, or is the one of the block before. */
  function takeName(): string {
    while (words.at(-1)?.trim() === "" || words.at(-1)?.startsWith("```") === true) words.pop();
    if (words.at(-1)?.trim() === name) words.pop();
    return name.length > maxName ? "" : name.replace(/^[`*#\s]+|[`*:\s]+$/g, "");
  }

  function addToBlock(open: Block, text: string, line: number): void {
    extend(line);
    if (/^={5,9}\s*$/.test(text)) open.isTo = true;
    else if (/^>{5,9} REPLACE/.test(text)) {
      const origin = lineOrigin(file, open.line, line);
      const isNew = open.from.length === 0;
      const call = isNew
        ? newCall("", "write_file", { path: open.path, content: `${open.to.join("\n")}\n` }, origin)
        : newCall(
            "",
            "edit_file",
            { path: open.path, old_str: open.from.join("\n"), new_str: open.to.join("\n") },
            origin,
          );
      step?.calls.push(call);
      block = undefined;
      isInFence = true;
    } else (open.isTo ? open.to : open.from).push(text);
  }

  function* notice(text: string, line: number): Generator<Step> {
    if (running !== undefined && !ownNotice.test(text)) {
      running.output.push(text);
      running.lineTo = line;
      extend(line);
      return;
    }
    endRun();
    const version = /^aider v(\S+)/i.exec(text)?.[1];
    if (version !== undefined) sink.facts({ agent: "aider", agentVersion: version });
    model = /^(?:Main model|Model): (\S+)/.exec(text)?.[1] ?? model;
    const command = /^Running (.+)$/.exec(text)?.[1];
    if (command !== undefined) {
      if (step?.source !== "agent") yield* close();
      step ??= next("agent", line);
      const call = newCall("", "run", { command }, lineOrigin(file, line));
      step.calls.push(call);
      running = { call, output: [], line: line + 1, lineTo: line + 1 };
    }
    if (step?.source !== "agent") return;
    extend(line);
    const usage = tokenUsage(text);
    if (usage !== null) step.usage = usage;
    const applied = /^Applied edit to (.+)$/.exec(text)?.[1];
    const hasFailed = /did not conform to the edit format|failed to match/.test(text);
    if (applied === undefined && !hasFailed) return;
    for (const call of step.calls) {
      if (call.result !== null || call.kind === "shell") continue;
      if (applied !== undefined && call.paths[0] !== applied) continue;
      call.result = resultOf(call, text, lineOrigin(file, line), { isError: hasFailed });
    }
  }

  function endRun(): void {
    if (running !== undefined && running.output.length > 0) {
      const { call, output, line, lineTo } = running;
      call.result = resultOf(call, output.join("\n"), lineOrigin(file, line, lineTo));
    }
    running = undefined;
  }
}

/** `Tokens: 2.3k sent, 1.1k cache hit, 345 received. Cost: $0.01 message, $0.02 session.` */
function tokenUsage(text: string): Usage | null {
  if (!text.startsWith("Tokens:")) return null;
  const count = (what: string): number => {
    const [, figure, unit] = new RegExp(`([\\d.]+)([kM]?) ${what}`).exec(text) ?? [];
    return Math.round(Number(figure ?? 0) * (unit === "M" ? 1e6 : unit === "k" ? 1e3 : 1));
  };
  const cost = /Cost: \$([\d.]+) message/.exec(text)?.[1];
  return {
    input: count("sent"),
    cachedInput: count("cache hit"),
    output: count("received"),
    costUsd: cost === undefined ? null : Number(cost),
  };
}
