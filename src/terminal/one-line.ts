import { showHidden } from "../skills/hidden-characters.ts";

/**
 * A message as one line. It quotes names and text from outside: none of it may move the cursor or start a line of its
 * own, and none may be read as a command by the runner of a workflow, which takes `##[` anywhere in a line.
 */
export function oneLine(text: string): string {
  return showHidden(text.replaceAll(/[\r\n\u0085\u2028\u2029]+/g, " ")).replaceAll("##[", "## [");
}

/** Text of several lines of which the runner of a workflow takes none as a command: those begin with `::`. */
export function withoutCommands(text: string): string {
  return text.replaceAll(/^(\s*)::/gm, "$1\\::").replaceAll("##[", "## [");
}
