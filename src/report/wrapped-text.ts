import { showHidden } from "../skills/hidden-characters.ts";

/**
 * Breaks a text into lines of at most `columns` terminal columns, at spaces where it can. Hidden and control
 * characters are written out. Characters outside of ASCII count as two columns, which is at least their width.
 */
export function wrapText(text: string, columns: number): string[] {
  const room = Math.max(2, columns);
  const lines: string[] = [];
  let line = "";
  let width = 0;
  const end = (): void => {
    if (line !== "") lines.push(line);
    line = "";
    width = 0;
  };
  for (const word of showHidden(text.replaceAll(/\s+/g, " ").trim()).split(" ")) {
    const wordWidth = terminalWidth(word);
    if (line !== "" && width + 1 + wordWidth > room) end();
    if (line !== "") {
      line += " ";
      width += 1;
    }
    for (const character of word) {
      const characterWidth = terminalWidth(character);
      if (width + characterWidth > room) end();
      line += character;
      width += characterWidth;
    }
  }
  end();
  return lines;
}

/** The first line of a wrapped text, with an ellipsis where more follows. */
export function firstLine(text: string, columns: number): string {
  const [whole = "", ...more] = wrapText(text, columns);
  if (more.length === 0) return whole;
  return `${wrapText(text, columns - 2)[0] ?? ""}…`;
}

function terminalWidth(text: string): number {
  let width = 0;
  for (const character of text) width += character > "~" ? 2 : 1;
  return width;
}
