/**
 * A regular expression's source for what terminals take as commands (ECMA-48 5.3 to 5.6): colours and moves of the
 * cursor, titles and links, sets of characters, resets. Each part has a bound, so that a text of nothing but beginnings
 * is searched in linear time.
 */
const escape = "\u001B";
const controlSequence = `(?:${escape}\\[|\u009B)[0-?]{0,64}[ -/]{0,4}[@-~]`;
const controlString = `${escape}[\\]PX^_][^\u0007${escape}\u009C\n]{0,2048}(?:\u0007|${escape}\\\\|\u009C)`;
const otherSequence = `${escape}(?:[ -/]{1,2}[0-~]|[0-OQ-WYZ\\\\c-~])`;

export const terminalSequence = `${controlSequence}|${controlString}|${otherSequence}`;

const everySequence = new RegExp(terminalSequence, "g");

/** The text without colours, titles and other commands to a terminal. */
export function withoutTerminalSequences(text: string): string {
  return text.replace(everySequence, "");
}
