import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { sha256 } from "../digest.ts";
import { isJsonObject } from "./json-value.ts";
import { openSessionFile } from "./session-file.ts";
import type { OpenSessionFile } from "./session-file.ts";
import type { JsonLine } from "./session.ts";
import { digestOfFiles } from "./trace-folder.ts";

/** What a folder of OpenHands V1 holds beside its events. */
export const baseState = "base_state.json";
export const eventFolder = "events";
const maxEvents = 200_000;

/**
 * A conversation that lies in a folder with one file for each event (OpenHands V1), seen as one file with an event on
 * each line: line 1 is the first event. `folder` is relative to `root`, with slashes.
 */
export async function openEventFolder(
  root: string,
  folder: string,
  damage: (line: number, reason: string) => void,
): Promise<OpenSessionFile> {
  const name = folder === "" ? eventFolder : `${folder}/${eventFolder}`;
  const entries = await readdir(join(root, name), { withFileTypes: true });
  const events = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(".json"))
    .map((entry) => entry.name)
    .toSorted()
    .slice(0, maxEvents);
  const digests = new Map<string, string>();
  let wasRead = false;
  let isTruncated = false;

  return {
    file: name,
    bytes: 0,
    lines,
    document: () => Promise.resolve(undefined),
    text,
    lineOf: () => 1,
    digest,
    isTruncated: () => isTruncated,
  };

  async function* lines(maxLines = Infinity): AsyncGenerator<JsonLine> {
    const isFirst = !wasRead && maxLines === Infinity;
    for (const [index, event] of events.entries()) {
      const line = index + 1;
      if (line > maxLines) return;
      const file = await openSessionFile(root, `${name}/${event}`, () => undefined);
      const value = await file.document();
      digests.set(event, await file.digest());
      isTruncated = !isJsonObject(value);
      if (isJsonObject(value)) yield { value, line };
      else if (isFirst) damage(line, `${event} is no JSON object`);
    }
    wasRead = true;
  }

  async function* text(): AsyncGenerator<{ text: string; line: number }> {}

  async function digest(): Promise<string> {
    if (events.some((event) => !digests.has(event))) for await (const _ of lines()) continue;
    return events.length === 0 ? sha256("") : digestOfFiles(digests);
  }
}
