import { reasonOf } from "../failure.ts";
import { jsonObjects } from "./json-objects.ts";
import { isJsonObject, type JsonValue } from "./json-value.ts";
import type { Reject } from "./reject.ts";
import type { TraceFolder } from "./trace-folder.ts";

/** Deeper values are damaged or made to harm; nothing that reads them later has to expect more. */
const maxDepth = 500;

/**
 * The first JSON object of a file, its secrets masked, with the length of the file. Anything else in the file is
 * counted as rejected; undefined where there is no object or the file cannot be read.
 */
export async function readJsonObject(
  folder: TraceFolder,
  file: string,
  maxBytes: number,
  rejects: Reject[],
): Promise<{ value: { [key: string]: JsonValue }; chars: number } | undefined> {
  const text = textOf(folder, file, maxBytes, rejects);
  if (text === undefined) return undefined;
  if (text.includes("\u{FFFD}")) rejects.push({ file, line: 1, reason: "bytes in it are not UTF-8" });
  let value: { [key: string]: JsonValue } | undefined;
  let isEmpty = true;
  const limits = { maxObjectBytes: maxBytes, maxDepth };
  for await (const found of jsonObjects([Buffer.from(withoutNonFinite(text))], limits)) {
    isEmpty = false;
    if (found.kind === "object" && value === undefined) {
      const masked = folder.redactor.maskValue(found.value as JsonValue);
      if (isJsonObject(masked)) value = masked;
    } else {
      const reason = found.kind === "skipped" ? found.reason : "a second object in the file";
      rejects.push({ file, line: found.line, reason });
    }
  }
  if (isEmpty) rejects.push({ file, line: 1, reason: "it is empty" });
  return value && { value, chars: text.length };
}

function textOf(folder: TraceFolder, file: string, maxBytes: number, rejects: Reject[]): string | undefined {
  try {
    return folder.unmaskedText(file, maxBytes);
  } catch (error) {
    rejects.push({ file, line: 1, reason: `it cannot be read: ${reasonOf(error)}` });
    return undefined;
  }
}

/** Python writes numbers that JSON does not have, such as the time of a failed profile; they become `null`. */
function withoutNonFinite(text: string): string {
  if (!/\b(?:Infinity|NaN)\b/.test(text)) return text;
  const parts: string[] = [];
  let copied = 0;
  let isText = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === '"') isText = !isText;
    else if (isText && character === "\\") at += 1;
    else if (!isText && (character === "I" || character === "N" || character === "-")) {
      const word = /^(?:-?Infinity|NaN)/.exec(text.slice(at, at + 9))?.[0];
      if (word === undefined) continue;
      parts.push(text.slice(copied, at), "null");
      copied = at + word.length;
      at = copied - 1;
    }
  }
  return parts.join("") + text.slice(copied);
}
