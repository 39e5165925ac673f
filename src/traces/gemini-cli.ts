import { documentOrigin, lineOrigin } from "./document-origin.ts";
import { messageReader } from "./gemini-message.ts";
import { isJsonObject, listAt, textAt, type JsonValue } from "./json-value.ts";
import { lineRanges, type LineRanges } from "./line-ranges.ts";
import type { Origin, SessionFile, SessionSink, Step } from "./session.ts";

type JsonObject = { [key: string]: JsonValue };

/** A message is written again while it grows, with at most a few others between; no more are held back. */
const maxHeld = 16;

/**
 * Reads a session of the Gemini CLI (`chatRecordingService.ts` of google-gemini/gemini-cli): JSON lines with a message,
 * `$set` or `$rewindTo` each, where the last version of a message counts; or the one document of older versions. The
 * lines are read twice: what was taken back only later lines tell.
 */
export async function* readGeminiCli(file: SessionFile, sink: SessionSink): AsyncGenerator<Step> {
  sink.facts({ agent: "gemini-cli" });
  const document = (await beginsWithRecord(file)) ? undefined : await file.document();
  if (isJsonObject(document)) yield* readDocument(document, file, sink);
  else yield* readLines(file, sink);
}

/** Whether the file is JSON lines: its first line is a whole record, and not the session with all its messages. */
async function beginsWithRecord(file: SessionFile): Promise<boolean> {
  for await (const { text } of file.text()) {
    if (text.trim() === "") continue;
    try {
      const value: JsonValue = JSON.parse(text);
      return isJsonObject(value) && !Array.isArray(value["messages"]);
    } catch {
      return false;
    }
  }
  return false;
}

function* readDocument(document: JsonObject, file: SessionFile, sink: SessionSink): Generator<Step> {
  const reader = messageReader(sink);
  reader.describe(document);
  for (const [index, message] of listAt(document, "messages").entries()) {
    const origin = documentOrigin(file, ["messages", index], message);
    if (isJsonObject(message)) yield* reader.steps(message, origin);
    else sink.damage(origin.line_from, "a message that is no object");
  }
}

async function* readLines(file: SessionFile, sink: SessionSink): AsyncGenerator<Step> {
  const abandoned = await abandonedLines(file);
  const reader = messageReader(sink);
  const told = toldMessages();
  const held = new Map<string, { message: JsonObject; origin: Origin; isCopied: boolean }>();

  for await (const { value, line } of file.lines()) {
    const record = recordOf(value);
    if (record.kind === "message") {
      const known = held.get(record.id);
      const origin = known?.origin ?? lineOrigin(file, line);
      origin.line_to = line;
      if (known !== undefined) known.message = value;
      else if (told.add(record.id, line)) held.set(record.id, { message: value, origin, isCopied: false });
    } else if (record.kind === "rewind") {
      yield* release(0);
      told.rewindTo(record.id);
    } else if (record.kind === "metadata") reader.describe(record.metadata);
    else sink.damage(line, "neither a message nor a change of the session");

    if (record.messages !== undefined) {
      yield* release(0);
      const { added, isFirst, isCompaction } = told.replace(record.messages, line);
      if (isCompaction) sink.compaction();
      for (const message of added) {
        const origin = lineOrigin(file, line);
        held.set(textAt(message, "id"), { message, origin, isCopied: !isFirst });
      }
    }
    yield* release(maxHeld);
  }
  yield* release(0);

  function* release(keep: number): Generator<Step> {
    for (const [id, { message, origin, isCopied }] of held) {
      if (held.size <= keep) return;
      held.delete(id);
      const branch = abandoned.has(origin.line_from) ? "abandoned" : "active";
      for (const step of reader.steps(message, origin)) yield { ...step, isCopied, branch };
    }
  }
}

/** The lines with messages that the person went back before. */
async function abandonedLines(file: SessionFile): Promise<LineRanges> {
  const told = toldMessages();
  const abandoned = lineRanges();
  for await (const { value, line } of file.lines()) {
    const record = recordOf(value);
    let from: number | undefined;
    if (record.kind === "message") told.add(record.id, line);
    if (record.kind === "rewind") from = told.rewindTo(record.id);
    if (record.messages !== undefined) from = told.replace(record.messages, line).abandonedFrom;
    if (from !== undefined) abandoned.add(from, line);
  }
  return abandoned;
}

type GeminiRecord =
  | { kind: "message"; id: string; messages?: undefined }
  | { kind: "rewind"; id: string; messages?: undefined }
  | { kind: "metadata"; metadata: JsonObject; messages: JsonObject[] | undefined }
  | { kind: "unknown"; messages?: undefined };

/** The order of the tests is that of the CLI. */
function recordOf(value: JsonObject): GeminiRecord {
  const rewindTo = value["$rewindTo"];
  if (typeof rewindTo === "string") return { kind: "rewind", id: rewindTo };
  const id = value["id"];
  if (typeof id === "string") return { kind: "message", id };
  const metadata = isJsonObject(value["$set"]) ? value["$set"] : value;
  if (metadata === value && typeof value["sessionId"] !== "string") return { kind: "unknown" };
  const messages = Array.isArray(metadata["messages"])
    ? metadata["messages"]
        .filter((message) => isJsonObject(message))
        .filter((message) => typeof message["id"] === "string")
    : undefined;
  return { kind: "metadata", metadata, messages };
}

/** The messages that a session consists of at a point of its file, in their order. */
function toldMessages() {
  const ids: string[] = [];
  const places = new Map<string, { index: number; line: number }>();

  return { add, rewindTo, replace };

  /** False where the message was told before. */
  function add(id: string, line: number): boolean {
    if (places.has(id)) return false;
    places.set(id, { index: ids.length, line });
    ids.push(id);
    return true;
  }

  /** Drops a message and all after it, or all where it is not known; gives the line of the first. */
  function rewindTo(id: string): number | undefined {
    return dropFrom(places.get(id)?.index ?? 0);
  }

  /**
   * `$set.messages` gives the whole history anew. Without new messages it is a way back to an earlier point. With new
   * ones, the history was shortened to a summary: what is missing did happen all the same.
   */
  function replace(
    messages: readonly JsonObject[],
    line: number,
  ): { added: JsonObject[]; isFirst: boolean; isCompaction: boolean; abandonedFrom: number | undefined } {
    const isFirst = ids.length === 0;
    const before = ids.length;
    const kept = messages.flatMap((message) => places.get(textAt(message, "id"))?.index ?? []);
    const added = messages.filter((message) => add(textAt(message, "id"), line));
    if (added.length > 0) {
      const isCompaction = new Set(kept).size < before;
      return { added, isFirst, isCompaction, abandonedFrom: undefined };
    }
    const last = kept.reduce((most, index) => Math.max(most, index), -1);
    return { added, isFirst, isCompaction: false, abandonedFrom: dropFrom(last + 1) };
  }

  function dropFrom(index: number): number | undefined {
    const dropped = ids.splice(index);
    const line = places.get(dropped[0] ?? "")?.line;
    for (const id of dropped) places.delete(id);
    return line;
  }
}
