import { withoutTerminalSequences } from "../terminal-sequence.ts";

/**
 * What a person would have read of a terminal's output: without colours, window titles and other control characters.
 * Of a line that a program wrote over and over (a progress bar) the last state stays; a message that was written over
 * stays as a line of its own.
 */
export function plainText(text: string): string {
  // A fast way out: most outputs have nothing to clean.
  if (!controlCharacter.test(text)) return text;
  return withoutTerminalSequences(text.replaceAll("\r\n", "\n"))
    .split("\n")
    .map((line) => (line.includes("\r") ? lastStates(line) : line))
    .join("\n")
    .replace(otherControls, "");
}

// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const controlCharacter = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;
// oxlint-disable-next-line no-control-regex -- as above
const otherControls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

function lastStates(line: string): string {
  const states: string[] = [];
  let shape: string | undefined;
  for (const state of line.split("\r")) {
    if (state === "") continue;
    // A progress bar changes its figures and its bar, and keeps its letters.
    const letters = state.replace(/[^\p{L}]/gu, "");
    if (letters === shape) states.pop();
    states.push(state);
    shape = letters;
  }
  return states.join("\n");
}
