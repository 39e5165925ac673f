import { documentOrigin, lineOrigin } from "./document-origin.ts";
import type { JsonValue } from "./json-value.ts";
import type { Origin, SessionFile, SessionSink, Step } from "./session.ts";
import { wholeDocument } from "./whole-document.ts";

/** Where a value stands in the document of an exchange. */
export type Path = readonly (string | number)[];
export type OriginOf = (path: Path, value: JsonValue | undefined) => Origin;

type ReadExchange = (
  document: JsonValue,
  conversation: number,
  originOf: OriginOf,
  sink: SessionSink,
) => Step[];

/** The exchanges of a file: the whole file is one, or each of its JSON lines is one and a conversation of its own. */
export async function* readExchanges(
  file: SessionFile,
  sink: SessionSink,
  readExchange: ReadExchange,
): AsyncGenerator<Step> {
  const document = await wholeDocument(file);
  if (document !== undefined) {
    yield* readExchange(document, 0, (path, value) => documentOrigin(file, path, value), sink);
    return;
  }
  let conversation = 0;
  for await (const { value, line } of file.lines()) {
    const origin = lineOrigin(file, line);
    yield* readExchange(value, conversation, () => origin, sink);
    conversation += 1;
  }
}
