import { kindOfTool } from "./call-kind.ts";
import { lineOrigin } from "./document-origin.ts";
import type { JsonValue } from "./json-value.ts";
import { knownFacts } from "./known-facts.ts";
import { callArguments } from "./message-content.ts";
import { newCall, newStep } from "./new-step.ts";
import { resultOf } from "./result-of.ts";
import type { Call, SessionFile, SessionSink, Step } from "./session.ts";
import { fenceTracker, textSection, type TextSection } from "./text-section.ts";

type Role =
  | { kind: "user" | "agent" | "system" }
  | { kind: "tool"; tool: string; path: string }
  | { kind: "result"; note: string };

/** No heading that names a speaker or a tool is longer. */
const maxHeading = 300;
const speakers: [RegExp, "user" | "agent" | "system"][] = [
  [/^(?:\W\s*)?(?:user|human|prompt|you)\s*:?(?:\s*[([].*)?$/iu, "user"],
  [/^(?:\W\s*)?(?:assistant|agent|ai|model|claude|codex|gemini|copilot)\s*:?(?:\s*[([].*)?$/iu, "agent"],
  [/^(?:\W\s*)?(?:system|system prompt|developer)\s*:?$/iu, "system"],
];
const toolHeading = /^(?:\W\s*)?tool(?:[ -]?(?:call|use))?\s*:\s*`?([\w.:/-]+)`?(?:\s+`([^`]+)`|\s+(\S+))?/iu;
const resultHeading = /^(?:\W\s*)?(?:tool )?(?:results?|output|observation)\s*:?\s*(?:\(([^)]*)\))?$/iu;

/** What a line says about who speaks next; undefined for every other line. */
export function headingRole(line: string): Role | undefined {
  const mark = line.length > maxHeading ? undefined : /^#{1,6}\s+/.exec(line)?.[0];
  if (mark === undefined) return undefined;
  const title = line.slice(mark.length).trim();
  const [, tool, quoted, bare] = toolHeading.exec(title) ?? [];
  if (tool !== undefined) return { kind: "tool", tool, path: quoted ?? bare ?? "" };
  const result = resultHeading.exec(title);
  if (result !== null) return { kind: "result", note: result[1] ?? "" };
  for (const [pattern, kind] of speakers) if (pattern.test(title)) return { kind };
  return undefined;
}

/** A transcript with headings such as `## User`, `## Assistant`, `### Tool: bash`, `### Result (exit code 1)`. */
export async function* readHeadingTranscript(file: SessionFile, sink: SessionSink): AsyncGenerator<Step> {
  const fences = fenceTracker();
  let section: TextSection & { role: Role | undefined } = { ...textSection(1), role: undefined };
  let turn: Step | undefined;
  let call: Call | undefined;
  let model: string | null = null;

  for await (const { text, line } of file.text()) {
    const role = fences.isInside(text) ? undefined : headingRole(text);
    // An agent may write such a heading itself: it is one of the transcript where a call waits for it.
    const isResult = role?.kind === "result";
    if (role === undefined || (isResult && call === undefined && section.role?.kind !== "tool")) {
      section.add(text, line);
      continue;
    }
    yield* close();
    section = { ...textSection(line), role };
  }
  yield* close();
  if (turn !== undefined) yield turn;

  function* close(): Generator<Step> {
    const { role } = section;
    const origin = lineOrigin(file, section.line, section.lastLine());
    if (role === undefined) {
      const facts = preamble(section.lines);
      model = facts.get("model") ?? null;
      sink.facts(knownFacts({ agent: facts.get("agent") ?? "" }));
      return;
    }
    if (role.kind === "tool" || role.kind === "result") {
      turn ??= newStep("agent", origin, { model });
      turn.origin = { ...turn.origin, line_to: origin.line_to };
    }
    switch (role.kind) {
      case "tool":
        call = newCall("", role.tool, toolArguments(role, section), origin);
        turn?.calls.push(call);
        break;
      case "result":
        if (call !== undefined)
          call.result = resultOf(call, section.body(), origin, {
            ...noteFacts(role.note),
            isCut: section.isCut(),
          });
        call = undefined;
        break;
      case "user":
      case "agent":
      case "system": {
        if (turn !== undefined) yield turn;
        call = undefined;
        const step = newStep(role.kind, origin, { text: section.text() });
        turn = role.kind === "agent" ? { ...step, model } : undefined;
        if (turn === undefined) yield step;
      }
    }
  }
}

function noteFacts(note: string): { exitCode: number | null; isError: boolean | null } {
  const code = /exit(?:ed with)?(?: code)?:?\s*(-?\d+)/i.exec(note)?.[1];
  return {
    exitCode: code === undefined ? null : Number(code),
    isError: /\b(?:error|failed|failure)\b/i.test(note) ? true : null,
  };
}

/** The list before the first heading of a speaker: `- model: …`. */
function preamble(lines: readonly string[]): Map<string, string> {
  const pairs = lines.flatMap((line): [string, string][] => {
    const [, key, value] = /^[-*]\s+\W{0,2}(\w+)\W{0,2}:\W{0,2}\s*(.+)$/.exec(line) ?? [];
    return key === undefined || value === undefined ? [] : [[key.toLowerCase(), value.trim()]];
  });
  return new Map(pairs);
}

function toolArguments(
  role: { tool: string; path: string },
  section: TextSection,
): Record<string, JsonValue> {
  const body = section.body();
  const path = role.path === "" ? {} : { path: role.path };
  if (section.language() === "json" && role.path === "") return callArguments(body);
  const kind = kindOfTool(role.tool);
  if (kind === "shell") return { command: body === "" ? role.path : body };
  if (kind === "write") return { ...path, content: `${body}\n` };
  if (kind === "edit") return { ...path, ...replacement(body) };
  return body === "" ? path : { ...path, input: body };
}

/** A change that is told in signs alone, as the old and the new text; one with positions stays a diff. */
function replacement(body: string): Record<string, JsonValue> {
  const lines = body.split("\n");
  if (!lines.every((line) => /^(?:[-+ ]|$)/.test(line) && !/^(?:---|\+\+\+) /.test(line)))
    return body === "" ? {} : { diff: body };
  const side = (sign: "-" | "+"): string =>
    lines
      .flatMap((line) => (line.startsWith(sign) || /^(?: |$)/.test(line) ? [line.slice(1)] : []))
      .join("\n");
  return { old_str: side("-"), new_str: side("+") };
}
