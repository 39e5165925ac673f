import { isUtf8 } from "node:buffer";

/** An object that was read. Lines start at 1. */
export interface FoundObject {
  kind: "object";
  value: Record<string, unknown>;
  line: number;
  lastLine: number;
  /** True where bytes that are not UTF-8 were replaced by U+FFFD. */
  replacedBytes: boolean;
}

/** A stretch of the file, between two objects, that is none. */
export interface SkippedText {
  kind: "skipped";
  line: number;
  lastLine: number;
  reason: string;
}

export interface JsonLimits {
  /** An object of more bytes is skipped, and nothing of it is kept in memory. */
  maxObjectBytes: number;
  /** Objects and arrays nested deeper are skipped. */
  maxDepth: number;
}

const defaultLimits: JsonLimits = { maxObjectBytes: 64 * 1024 * 1024, maxDepth: 500 };

/**
 * Reads any run of JSON objects from the bytes of a file: indented or one per line, with or without text between
 * them, after a byte order mark, with a torn end. Neighbouring text that is no object comes out as one
 * `SkippedText`. Reading goes on at the very byte where an object stops being JSON, so that a record that was cut
 * off takes no other record with it and no byte is looked at twice. Throws for no content.
 */
export async function* jsonObjects(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  limits: JsonLimits = defaultLimits,
): AsyncGenerator<FoundObject | SkippedText> {
  const reader = objectReader(limits);
  for await (const chunk of chunks) yield* reader.push(chunk);
  yield* reader.end();
}

/** Where in the JSON grammar the next byte stands. */
type State =
  | "outside"
  | "a key or }"
  | "a key"
  | "a colon"
  | "a value"
  | "a value or ]"
  | "a comma or the end"
  | "string"
  | "escape"
  | "scalar";

const newline = 0x0a;
const quote = 0x22;
const backslash = 0x5c;
const byteOrderMark = [0xef, 0xbb, 0xbf];
const sampleBytes = 64;

interface OpenText {
  line: number;
  lastLine: number;
  /** Why an object in this stretch broke; undefined while it is mere text. */
  broken: string | undefined;
  sample: number[];
}

function objectReader(limits: JsonLimits) {
  let state: State = "outside";
  let line = 1;
  let offset = 0;
  /** Containers that are open, innermost last: true for an object, false for an array. */
  let open: boolean[] = [];
  let inKey = false;
  let startLine = 1;
  let pieces: Uint8Array[] = [];
  let size = 0;
  let text: OpenText | undefined;
  let found: (FoundObject | SkippedText)[] = [];

  return { push, end };

  function push(chunk: Uint8Array): (FoundObject | SkippedText)[] {
    found = [];
    let from = 0;
    let at = 0;
    while (at < chunk.length) {
      const byte = chunk[at] ?? 0;
      if (state === "outside") {
        if (byte === 0x7b) {
          state = "a key or }";
          open = [true];
          startLine = line;
          pieces = [];
          size = 0;
          from = at;
        } else skip(byte, offset + at);
        at += 1;
        continue;
      }
      if (state === "string") {
        at = endOfRun(chunk, at);
        if (at === chunk.length) break;
        const stop = chunk[at];
        if (stop === newline) fail("a text does not end on its line");
        else {
          if (stop === backslash) state = "escape";
          else state = inKey ? "a colon" : "a comma or the end";
          at += 1;
        }
        continue;
      }
      if (state === "escape") {
        if (byte === newline) fail("a text does not end on its line");
        else {
          state = "string";
          at += 1;
        }
        continue;
      }
      if (state === "scalar") {
        if (isScalarByte(byte)) at += 1;
        else state = "a comma or the end";
        continue;
      }
      if (byte === newline || byte === 0x20 || byte === 0x0d || byte === 0x09) {
        if (byte === newline) line += 1;
        at += 1;
        continue;
      }
      const next = after(state, byte);
      if (next === undefined) {
        fail(`${JSON.stringify(String.fromCharCode(byte))} stands where ${state} is expected`);
        continue;
      }
      at += 1;
      if (open.length > limits.maxDepth) fail(`it is nested deeper than ${limits.maxDepth}`);
      else if (open.length === 0) {
        keep(chunk.subarray(from, at));
        finish();
      } else state = next;
    }
    if (state !== "outside") keep(chunk.subarray(from));
    offset += chunk.length;
    return found;
  }

  function end(): (FoundObject | SkippedText)[] {
    found = [];
    if (state !== "outside") fail("the file ends inside it");
    closeText();
    return found;
  }

  /** The state after a byte that is no blank, outside of texts; undefined where the grammar has no such byte. */
  function after(state: State, byte: number): State | undefined {
    const isEnd = byte === (open.at(-1) ? 0x7d : 0x5d);
    if (isEnd && (state === "a comma or the end" || state === "a key or }" || state === "a value or ]")) {
      open.pop();
      return "a comma or the end";
    }
    switch (state) {
      case "a key or }":
      case "a key":
        if (byte !== quote) return undefined;
        inKey = true;
        return "string";
      case "a colon":
        return byte === 0x3a ? "a value" : undefined;
      case "a comma or the end":
        if (byte !== 0x2c) return undefined;
        return open.at(-1) ? "a key" : "a value";
      case "a value":
      case "a value or ]":
        if (byte === quote) {
          inKey = false;
          return "string";
        }
        if (byte === 0x7b || byte === 0x5b) {
          open.push(byte === 0x7b);
          return byte === 0x7b ? "a key or }" : "a value or ]";
        }
        // Numbers and words are only delimited here: JSON.parse judges them when the object is complete.
        return isScalarByte(byte) ? "scalar" : undefined;
      default:
        return undefined;
    }
  }

  function keep(piece: Uint8Array): void {
    size += piece.length;
    if (size > limits.maxObjectBytes) pieces = [];
    else pieces.push(piece);
  }

  function finish(): void {
    state = "outside";
    if (size > limits.maxObjectBytes) {
      addText(startLine, `it is larger than ${limits.maxObjectBytes} bytes`);
      return;
    }
    const bytes = Buffer.concat(pieces);
    pieces = [];
    let value: Record<string, unknown>;
    try {
      value = JSON.parse(bytes.toString("utf8"));
    } catch {
      addText(startLine, "a number, a word or an escape in it is not JSON");
      return;
    }
    closeText();
    found.push({ kind: "object", value, line: startLine, lastLine: line, replacedBytes: !isUtf8(bytes) });
  }

  function fail(reason: string): void {
    state = "outside";
    pieces = [];
    addText(startLine, reason);
  }

  function addText(from: number, broken: string): void {
    text ??= { line: from, lastLine: line, broken: undefined, sample: [] };
    text.lastLine = line;
    text.broken ??= broken;
  }

  function skip(byte: number, position: number): void {
    if (byte === newline) {
      line += 1;
      return;
    }
    if (byte === 0x20 || byte === 0x0d || byte === 0x09 || byte === byteOrderMark[position]) return;
    text ??= { line, lastLine: line, broken: undefined, sample: [] };
    text.lastLine = line;
    if (text.sample.length < sampleBytes) text.sample.push(byte);
  }

  function closeText(): void {
    const closed = text;
    text = undefined;
    if (!closed) return;
    const reason = reasonFor(closed);
    if (reason !== undefined)
      found.push({ kind: "skipped", line: closed.line, lastLine: closed.lastLine, reason });
  }
}

function reasonFor(text: OpenText): string | undefined {
  if (text.broken !== undefined) return `not a JSON object: ${text.broken}`;
  const sample = Buffer.from(text.sample).toString("utf8");
  // A comma between objects is how a JSON array of records looks from inside.
  if (sample === ",") return undefined;
  if (text.sample.length < sampleBytes && isJson(sample)) return "a JSON value that is not an object";
  return "text that is not JSON";
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The first byte from `at` on that ends or interrupts a run of plain text inside a JSON text. */
function endOfRun(chunk: Uint8Array, at: number): number {
  let index = at;
  while (index < chunk.length) {
    const byte = chunk[index];
    if (byte === quote || byte === backslash || byte === newline) return index;
    index += 1;
  }
  return index;
}

/** Bytes of numbers, `true`, `false`, `null`, and of Python's `NaN` and `Infinity`. */
function isScalarByte(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    (byte >= 0x41 && byte <= 0x5a) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    byte === 0x2b ||
    byte === 0x2d ||
    byte === 0x2e
  );
}
