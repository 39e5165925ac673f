import { kindOfTool } from "./call-kind.ts";
import { lineOrigin } from "./document-origin.ts";
import type { JsonValue } from "./json-value.ts";
import { joinTexts } from "./message-content.ts";
import { newCall, newStep } from "./new-step.ts";
import { resultOf } from "./result-of.ts";
import type { Origin, SessionFile, SessionSink, Step } from "./session.ts";
import { textSection, type TextSection } from "./text-section.ts";

type Item = "prompt" | "said" | "thought" | "result";

const markers: [RegExp, Item][] = [
  [/^[>❯] ?/, "prompt"],
  [/^[⏺●] ?/, "said"],
  [/^[✻✽∴] ?/, "thought"],
  [/^\s*⎿ {0,2}/, "result"],
];
/** Frames and rules that a terminal draws around a session. */
const frame = /^[╭╮╰╯│─┌┐└┘\s]+$|^[╭│╰]/;

/** What a terminal showed of a session: `> prompt`, `⏺ words`, `⏺ Bash(command)`, and below it `⎿ output`. */
export async function* readTerminalTranscript(file: SessionFile, _sink: SessionSink): AsyncGenerator<Step> {
  let item: (TextSection & { kind: Item }) | undefined;
  let turn: Step | undefined;
  let before: TextSection | undefined;

  for await (const { text, line } of file.text()) {
    const [marker, kind] = markers.find(([pattern]) => pattern.test(text)) ?? [];
    if (marker === undefined || kind === undefined) {
      if (!frame.test(text) || text.trim() === "") item?.add(withoutIndent(text, item.kind), line);
      continue;
    }
    if (kind === "result" && item?.kind === "said") before = item;
    else yield* close(false);
    item = { ...textSection(line), kind };
    item.add(text.replace(marker, ""), line);
  }
  yield* close(true);

  function* close(isEnd: boolean): Generator<Step> {
    if (item !== undefined) {
      const origin = lineOrigin(file, item.line, item.lastLine());
      const text = item.text();
      if (item.kind === "prompt") {
        if (turn !== undefined) yield turn;
        turn = undefined;
        if (text !== "") yield newStep("user", origin, { text });
      } else if (item.kind === "result") addResult(text, origin, item.isCut());
      else if (item.kind === "thought") {
        yield* startTurn(origin);
        if (turn !== undefined) turn.reasoning = joinTexts([turn.reasoning, text]);
      } else {
        const told = toldCall(text);
        // Without an output it is a call only where the tool is a known one: words may have brackets too.
        if (told === undefined || kindOfTool(told.tool) === "other") yield* say(text, origin);
        else addCall(told, origin);
      }
    }
    item = undefined;
    if (isEnd && turn !== undefined) yield turn;
  }

  function* startTurn(origin: Origin): Generator<Step> {
    if (turn !== undefined && (turn.text !== "" || turn.calls.length > 0)) {
      yield turn;
      turn = undefined;
    }
    turn ??= newStep("agent", origin);
  }

  function* say(text: string, origin: Origin): Generator<Step> {
    yield* startTurn(origin);
    if (turn === undefined) return;
    turn.text = text;
    turn.origin = { ...turn.origin, line_to: origin.line_to };
  }

  function addCall(told: ToldCall, origin: Origin): void {
    turn ??= newStep("agent", origin);
    turn.calls.push(newCall("", told.tool, callArguments(told), origin));
    turn.origin = { ...turn.origin, line_to: origin.line_to };
  }

  function addResult(text: string, origin: Origin, isCut: boolean): void {
    if (before !== undefined) {
      const told = toldCall(before.text());
      if (told !== undefined) addCall(told, lineOrigin(file, before.line, before.lastLine()));
      before = undefined;
    }
    const call = turn?.calls.at(-1);
    if (turn === undefined || call === undefined || call.result !== null) return;
    call.result = resultOf(call, text, origin, { isCut: isCut || /^… \+\d+ lines/m.test(text) });
    turn.origin = { ...turn.origin, line_to: origin.line_to };
  }
}

/** Text under a marker is indented to stand below the marker's text. */
function withoutIndent(text: string, kind: Item): string {
  return text.replace(kind === "result" ? /^ {0,5}/ : /^ {0,2}/, "");
}

interface ToldCall {
  tool: string;
  told: string;
}

/** `Bash(make test)`; a long command goes on in the next lines. */
function toldCall(text: string): ToldCall | undefined {
  const [, tool, told] = /^([A-Za-z][\w.:-]{0,60})\(([^]*)\)$/.exec(text) ?? [];
  return tool === undefined || told === undefined ? undefined : { tool, told };
}

function callArguments({ tool, told }: ToldCall): Record<string, JsonValue> {
  if (told === "") return {};
  switch (kindOfTool(tool)) {
    case "shell":
      return { command: told };
    case "read":
    case "write":
    case "edit":
      return { file_path: told };
    default:
      return { input: told };
  }
}
