import { failsByText } from "./failure-text.ts";
import { isJsonObject, numberAt, objectAt } from "./json-value.ts";
import type { JsonValue } from "./json-value.ts";
import { plainText } from "./plain-text.ts";
import type { CallKind, CallResult, Origin } from "./session.ts";

/** What a format records about a result beside its text; what it does not record is left out or null. */
export interface KnownResult {
  exitCode?: number | null;
  isError?: boolean | null;
  isCut?: boolean;
  durationMs?: number | null;
  kind: CallKind;
  /** The command line of a shell call: what `cat` or `grep` print is no failure of theirs. */
  command?: string | null;
}

/**
 * A result in one form for all formats. The exit code and what else a harness writes around an output is taken out of
 * the text, so that the same output reads the same wherever it is told. A call failed when the format says so or its
 * exit code is not 0; where a format records neither, a shell call failed when its text clearly says so, and else
 * nothing is known.
 */
export function readResult(text: string, known: KnownResult, origin: Origin): CallResult {
  const unwrapped = unwrap(plainText(text), known.kind);
  const exitCode = known.exitCode ?? unwrapped.exitCode;
  const output = unwrapped.text.replace(/^\n+/, "").trimEnd();
  return {
    text: output,
    exitCode,
    isError: isError(output, exitCode, known),
    isCut: known.isCut === true || cutMarks.test(output),
    durationMs: known.durationMs ?? unwrapped.durationMs,
    origin,
  };
}

function isError(text: string, exitCode: number | null, known: KnownResult): boolean | null {
  if (known.isError === true || (exitCode !== null && exitCode !== 0)) return true;
  if (known.isError === false || exitCode === 0) return false;
  return failsByText(text, known.kind, known.command ?? null) ? true : null;
}

/** Notes that agents (and `long-string.ts`) leave where they cut an output. */
const cutMarks =
  /\[\d+ bytes left out\]|…\d+ (?:tokens|chars|lines) truncated…|<response clipped>|Observation truncated due to length|\[\d+ (?:lines|characters) truncated\]|Output truncated/;

interface Unwrapped {
  text: string;
  exitCode: number | null;
  durationMs: number | null;
}

function unwrap(text: string, kind: CallKind): Unwrapped {
  const json = unwrapJson(text);
  if (json !== undefined) return json;
  // A file that an agent reads may hold such lines itself.
  if (kind !== "shell" && kind !== "other" && kind !== "edit") return plain(text);
  for (const read of [
    unwrapReturnCode,
    unwrapCodexHeader,
    unwrapGeminiReport,
    unwrapFirstLine,
    unwrapLastLines,
  ]) {
    const unwrapped = read(text);
    if (unwrapped !== undefined) return unwrapped;
  }
  return plain(text);
}

function plain(text: string, exitCode: string | number | null | undefined = null): Unwrapped {
  const code = exitCode === null || exitCode === undefined ? NaN : Number(exitCode);
  return { text, exitCode: Number.isSafeInteger(code) ? code : null, durationMs: null };
}

/** Codex: `{"output": "…", "metadata": {"exit_code": 1, "duration_seconds": 0.2}}`. */
function unwrapJson(text: string): Unwrapped | undefined {
  if (!/^\s*\{/.test(text) || !text.includes('"metadata"')) return undefined;
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
  const output = isJsonObject(value) ? value["output"] : undefined;
  if (typeof output !== "string") return undefined;
  const metadata = objectAt(value, "metadata");
  const seconds = numberAt(metadata, "duration_seconds");
  return {
    ...plain(plainText(output), numberAt(metadata, "exit_code")),
    durationMs: seconds === null ? null : Math.round(seconds * 1000),
  };
}

/** mini-swe-agent: `<returncode>1</returncode>` and `<output>…</output>`. */
function unwrapReturnCode(text: string): Unwrapped | undefined {
  const head = /^\s*<returncode>(-?\d+)<\/returncode>\s*/.exec(text);
  if (head === null) return undefined;
  const rest = text.slice(head[0].length).replace(/^<output>\n?/, "");
  return plain(rest.replace(/\n?<\/output>\s*$/, ""), head[1]);
}

const codexLine =
  /^(?:Chunk ID: .*|Wall time: ([\d.]+) seconds|Process (?:exited with code (-?\d+)|running with session ID .*)|Exit code: (-?\d+)|(?:Original token count|Total output lines): \d+)\n/;

/** Codex: some lines of facts, `Output:` and the output. */
function unwrapCodexHeader(text: string): Unwrapped | undefined {
  let rest = text.endsWith("\n") ? text : `${text}\n`;
  let code: string | undefined;
  let seconds: string | undefined;
  let line = codexLine.exec(rest);
  if (line === null) return undefined;
  for (; line !== null; line = codexLine.exec(rest)) {
    seconds = line[1] ?? seconds;
    code = line[2] ?? line[3] ?? code;
    rest = rest.slice(line[0].length);
  }
  const [output] = /^Output:[ \t]*(?:\n|$)/.exec(rest) ?? [];
  if (output === undefined) return undefined;
  return {
    ...plain(rest.slice(output.length), code),
    durationMs: seconds === undefined ? null : Math.round(Number(seconds) * 1000),
  };
}

const geminiFoot = /^(Exit Code|Signal|Background PIDs|Process Group PGID|Error|Stderr): ?(.*)$/;

/** Gemini CLI: `Command:`, `Directory:`, `Output:`, `Error:`, `Exit Code:`, `Signal:`; newer ones leave some out. */
function unwrapGeminiReport(text: string): Unwrapped | undefined {
  const head = /^(?:Command: [^]*?\n)?(?:Directory: .*\n)?(?:Output|Stdout): ?/.exec(text);
  if (head === null) return undefined;
  const lines = text.slice(head[0].length).trimEnd().split("\n");
  let code: string | undefined;
  let error = "";
  while (error === "") {
    const [, name, value = ""] = geminiFoot.exec(lines.at(-1) ?? "") ?? [];
    if (name === undefined) break;
    lines.pop();
    if (name === "Exit Code") code = value;
    else if (name === "Error" || name === "Stderr") error = value;
  }
  if (code === undefined && !text.startsWith("Command: ")) return undefined;
  const parts = [lines.join("\n"), error].filter((part) => !/^\s*$|^\((?:none|empty)\)$/.test(part));
  return plain(parts.join("\n"), code === "(none)" ? null : code);
}

/** Claude Code: `Exit code 1` or `Error: Exit code 1` as the first line. */
function unwrapFirstLine(text: string): Unwrapped | undefined {
  const head = /^(?:Error: )?Exit code (-?\d+)(?:\n|$)/.exec(text);
  return head === null ? undefined : plain(text.slice(head[0].length), head[1]);
}

const lastLine =
  /(?:^|\n)[ \t]*(?:\[exit code:? (-?\d+)\]|<exited with exit code (-?\d+)>|(?:\(?Command|Process) exited with code (-?\d+)[.)]?|process exit code was (-?\d+)|\[(?:The command completed|Command finished) with exit code (-?\d+)\.?\]|Exit Code: (-?\d+))\s*$/i;
/** What OpenHands writes around a result's exit code. */
const lastNote = /(?:^|\n)\[(?:Current working directory|Python Interpreter): [^\n]*\]\s*$/i;

/** A last line with the exit code, in the words of several agents. */
function unwrapLastLines(text: string): Unwrapped | undefined {
  // The end is looked at alone: a pattern that is not anchored would walk through the whole text.
  const start = Math.max(0, text.length - 1000);
  const end = withoutNotes(text.slice(start));
  const found = lastLine.exec(end);
  if (found === null) return undefined;
  const code = found.slice(1).find((group) => group !== undefined);
  const rest = withoutNotes(end.slice(0, found.index));
  return plain(text.slice(0, start) + rest, code);
}

function withoutNotes(end: string): string {
  let rest = end;
  for (let note = lastNote.exec(rest); note !== null; note = lastNote.exec(rest))
    rest = rest.slice(0, note.index);
  return rest;
}
