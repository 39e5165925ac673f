import { createHash, type Hash } from "node:crypto";
import { constants } from "node:fs";
import { lstat, open } from "node:fs/promises";
import { join } from "node:path";
import { reasonOf, usageFailure } from "../failure.ts";
import { documentLines } from "./document-lines.ts";
import { isJsonObject } from "./json-value.ts";
import type { JsonValue } from "./json-value.ts";
import { longLine, longStringBytes } from "./long-line.ts";
import type { JsonLine, SessionFile } from "./session.ts";

/** Values nested deeper than this are not read: what walks over them may be recursive. */
const maxDepth = 200;
/** What a line, and a document, may have at most without the middle of its long strings. */
const lineLimits = { bytes: 16 * 1024 * 1024, depth: maxDepth };
const documentLimits = { bytes: 64 * 1024 * 1024, depth: maxDepth };
const chunkBytes = 256 * 1024;

/** A trace file with what is known after it was read. */
export interface OpenSessionFile extends SessionFile {
  readonly bytes: number;
  /** With a number, only so many lines of the file are looked at, and bad ones are not reported. */
  lines(maxLines?: number): AsyncIterable<JsonLine>;
  /** SHA-256 of the file's bytes; reads the file where nothing has read it to its end yet. */
  digest(): Promise<string>;
  /** Whether the last line is none that can be used; known after `lines()` was read to its end. */
  isTruncated(): boolean;
}

/**
 * Opens a file of a trace for reading: `file` is relative to the folder `root`, with slashes. Lines that are no JSON
 * objects are reported to `damage` when `lines()` is read for the first time. Throws `Failure` (exit code 2) for what
 * is no regular file; links, pipes and devices are not opened.
 */
export async function openSessionFile(
  root: string,
  file: string,
  damage: (line: number, reason: string) => void,
): Promise<OpenSessionFile> {
  const path = join(root, file);
  const bytes = await sizeOf(path);
  let digest: string | undefined;
  let wasRead = false;
  let isTruncated = false;
  let findLine: (path: readonly (string | number)[]) => number = () => 1;

  return {
    file,
    bytes,
    lines,
    document,
    text,
    lineOf: (valuePath) => findLine(valuePath),
    digest: fileDigest,
    isTruncated: () => isTruncated,
  };

  async function* lines(maxLines = Infinity): AsyncGenerator<JsonLine> {
    const isFirst = !wasRead && maxLines === Infinity;
    let isLastBad = false;
    for await (const { content, line } of fileLines("json")) {
      if (line > maxLines) return;
      const read = typeof content === "string" ? content : parsed(content);
      if (read === undefined) continue;
      isLastBad = typeof read === "string";
      if (typeof read !== "string") yield { value: read, line };
      else if (isFirst) damage(line, read);
    }
    wasRead = true;
    isTruncated = isLastBad;
  }

  async function* text(): AsyncGenerator<{ text: string; line: number }> {
    for await (const { content, line } of fileLines("text"))
      yield { text: typeof content === "string" ? "" : content.toString("utf8").replace(/\r$/, ""), line };
  }

  async function document(): Promise<JsonValue | undefined> {
    const whole = longLine("json", documentLimits);
    let isStart = true;
    for await (const chunk of chunks()) {
      const start = isStart ? markLength(chunk) : 0;
      isStart = false;
      if (!whole.push(chunk, start, chunk.length)) return undefined;
    }
    const bytesLeft = whole.end();
    if (typeof bytesLeft === "string") return undefined;
    const content = bytesLeft.toString("utf8");
    const value = parseJson(content);
    if (value === undefined) return undefined;
    findLine = documentLines(content);
    return value;
  }

  async function fileDigest(): Promise<string> {
    if (digest === undefined) for await (const _ of chunks()) continue;
    if (digest === undefined) throw new Error(`${file} was not read to its end`);
    return digest;
  }

  /** The lines of the file, without line feeds; for one that is not read, the reason. */
  async function* fileLines(
    kind: "json" | "text",
  ): AsyncGenerator<{ content: Buffer | string; line: number }> {
    let line = 1;
    let pending: ReturnType<typeof longLine> | undefined;
    let isStart = true;
    for await (const chunk of chunks()) {
      let from = isStart ? markLength(chunk) : 0;
      isStart = false;
      for (let end = chunk.indexOf(0x0a, from); end >= 0; end = chunk.indexOf(0x0a, from)) {
        yield { content: completed(chunk, from, end), line };
        line += 1;
        from = end + 1;
      }
      if (from < chunk.length) {
        pending ??= longLine(kind, lineLimits);
        pending.push(chunk, from, chunk.length);
      }
    }
    if (pending !== undefined) yield { content: pending.end(), line };

    function completed(chunk: Buffer, from: number, end: number): Buffer | string {
      if (pending === undefined && end - from <= longStringBytes) return chunk.subarray(from, end);
      const whole = pending ?? longLine(kind, lineLimits);
      pending = undefined;
      whole.push(chunk, from, end);
      return whole.end();
    }
  }

  /** The bytes of the file in order. Each chunk lies in the same memory: it is used before the next is asked for. */
  async function* chunks(): AsyncGenerator<Buffer> {
    const handle = await open(path, openFlags);
    try {
      if (!(await handle.stat()).isFile()) throw notRegular(path);
      const hash: Hash | undefined = digest === undefined ? createHash("sha256") : undefined;
      const memory = Buffer.allocUnsafe(chunkBytes);
      for (;;) {
        const { bytesRead } = await handle.read(memory, 0, chunkBytes, null);
        if (bytesRead === 0) break;
        const chunk = memory.subarray(0, bytesRead);
        hash?.update(chunk);
        yield chunk;
      }
      digest ??= hash?.digest("hex");
    } finally {
      await handle.close();
    }
  }
}

/** A link or a pipe that took the place of the file is refused, not followed or waited for. */
const openFlags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

async function sizeOf(path: string): Promise<number> {
  let found;
  try {
    found = await lstat(path);
  } catch (error) {
    throw usageFailure(
      `${path} cannot be opened (${reasonOf(error)}).`,
      "Pass the path of an existing file.",
      error,
    );
  }
  if (!found.isFile()) throw notRegular(path);
  return found.size;
}

function notRegular(path: string): Error {
  return usageFailure(
    `${path} is not a regular file.`,
    "Pass the file itself; links, pipes and devices are not read.",
  );
}

/** The length of a byte order mark at the start of a file. */
function markLength(chunk: Buffer): number {
  return chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf ? 3 : 0;
}

/** The object of a line, the reason why there is none, or undefined for a blank line. */
function parsed(content: Buffer): Record<string, JsonValue> | string | undefined {
  const text = content.toString("utf8");
  const value = parseJson(text);
  if (value === undefined) return text.trim() === "" ? undefined : "it is not JSON";
  if (!isJsonObject(value)) return "it is JSON, but no object";
  return isDeep(text, value) ? `it is nested deeper than ${maxDepth}` : value;
}

function parseJson(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

function isDeep(text: string, value: JsonValue): boolean {
  return mayBeDeep(text) && depthExceeds(value, maxDepth);
}

/** Few values have more than `maxDepth` brackets at all, and those are quickly counted. */
function mayBeDeep(text: string): boolean {
  let count = 0;
  for (const bracket of ["{", "["])
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) {
      count += 1;
      if (count > maxDepth) return true;
    }
  return false;
}

function depthExceeds(value: JsonValue, limit: number): boolean {
  let level: JsonValue[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > limit) return true;
    const next: JsonValue[] = [];
    for (const item of level)
      if (typeof item === "object" && item !== null)
        for (const inner of Object.values(item))
          if (typeof inner === "object" && inner !== null) next.push(inner);
    level = next;
  }
  return false;
}
