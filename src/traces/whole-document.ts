import type { JsonValue } from "./json-value.ts";
import type { SessionFile } from "./session.ts";

/** The file as one JSON value; undefined for JSON lines, which are told by their first two and not read as a whole. */
export async function wholeDocument(file: SessionFile): Promise<JsonValue | undefined> {
  let objects = 0;
  for await (const { text } of file.text()) {
    const start = text.trimStart();
    if (start === "") continue;
    if (!start.startsWith("{")) break;
    objects += 1;
    if (objects === 2) return undefined;
  }
  return file.document();
}
