import { aiderHeader, readAiderHistory } from "./aider-history.ts";
import { headingRole, readHeadingTranscript } from "./heading-transcript.ts";
import type { SessionFile, SessionSink, Step } from "./session.ts";
import { readTerminalTranscript } from "./terminal-transcript.ts";

const dialects = {
  headings: readHeadingTranscript,
  terminal: readTerminalTranscript,
  aider: readAiderHistory,
};

/**
 * A transcript in Markdown, for which there is no standard, in one of three dialects: headings that name who speaks,
 * what a terminal showed, and aider's chat history. Other prose has no steps.
 */
export async function* readMarkdownTranscript(file: SessionFile, sink: SessionSink): AsyncGenerator<Step> {
  const dialect = await dialectOf(file);
  if (dialect === undefined) return;
  sink.facts({ variant: dialect });
  yield* dialects[dialect](file, sink);
}

/** Told by the first line that occurs in one dialect only. */
async function dialectOf(file: SessionFile): Promise<keyof typeof dialects | undefined> {
  for await (const { text } of file.text()) {
    if (aiderHeader.test(text)) return "aider";
    if (/^(?:[⏺●]\s|\s*⎿)/.test(text)) return "terminal";
    if (headingRole(text) !== undefined) return "headings";
  }
  return undefined;
}
