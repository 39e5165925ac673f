import type { Span } from "./c-comments.ts";

/** A stretch of source that is not copied as it stands. Edits are in order and do not overlap. */
export interface Edit extends Span {
  /**
   * `comment`: taken out, its line ends stay, and a line of which nothing else is left goes with it.
   * `removed`: taken out with its line ends; what is left of the line stays, if only as an empty line.
   * `text`: replaced by `text`, whose lines are nobody else's business.
   */
  kind: "comment" | "removed" | "text";
  text?: string;
}

/**
 * The lines of a source after its edits: without blanks at their ends, and with one empty line where there were
 * several in a row.
 */
export function editedLines(code: string, edits: readonly Edit[]): string[] {
  const lines: string[] = [];
  let current = "";
  let hadComment = false;
  let at = 0;
  for (const edit of edits) {
    addCode(code.slice(at, edit.from));
    at = edit.to;
    if (edit.kind === "text") current += edit.text ?? code.slice(edit.from, edit.to);
    else if (edit.kind === "comment") {
      hadComment = true;
      const lineEnds = code.slice(edit.from, edit.to).split("\n").length - 1;
      for (let count = 0; count < lineEnds; count += 1) {
        endLine();
        hadComment = true;
      }
      if (/\w$/.test(current) && /^\w/.test(code.slice(at, at + 1))) current += " ";
    }
  }
  addCode(code.slice(at));
  endLine();
  return lines;

  function addCode(text: string): void {
    const parts = text.split("\n");
    for (const [index, part] of parts.entries()) {
      if (index > 0) endLine();
      current += part;
    }
  }

  function endLine(): void {
    const line = current.trimEnd();
    const isDropped = line === "" && (hadComment || lines.at(-1) === "");
    if (!isDropped) lines.push(line);
    current = "";
    hadComment = false;
  }
}
