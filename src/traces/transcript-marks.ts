import { aiderHeader } from "./aider-history.ts";
import { headingRole } from "./heading-transcript.ts";
import type { SessionFile } from "./session.ts";

/** As far as a text is looked at. */
const maxLines = 2000;

/**
 * Whether a text is a transcript: aider's header, what a terminal shows of both sides, or headings of a user and at
 * least two of an agent or its tools. A text that merely has such a heading is none.
 */
export async function isTranscript(file: SessionFile): Promise<boolean> {
  let [prompts, answers, users, agents] = [0, 0, 0, 0];
  for await (const { text, line } of file.text()) {
    if (line > maxLines) break;
    if (aiderHeader.test(text)) return true;
    if (/^[>❯] \S/.test(text)) prompts += 1;
    else if (/^[⏺●] \S/.test(text)) answers += 1;
    const role = headingRole(text)?.kind;
    if (role === "user") users += 1;
    else if (role === "agent" || role === "tool") agents += 1;
    if ((prompts > 0 && answers > 0) || (users > 0 && agents > 1)) return true;
  }
  return false;
}
