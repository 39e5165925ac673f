/**
 * What a terminal obeys or hides: control and format characters, and separators of lines. And what the runner of a
 * workflow takes as a command: `##[` anywhere in a line.
 */
const special = /[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}]|(?<=##)\[/gu;

/**
 * JSON with the special characters of its strings as escapes: it is the same value, and printing it does nothing. Line
 * ends between its parts stay; in strings JSON has none.
 */
export function escapedJson(json: string): string {
  return json.replaceAll(special, (character) =>
    Array.from({ length: character.length }, (_, index) => escapeOf(character.charCodeAt(index))).join(""),
  );
}

function escapeOf(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, "0")}`;
}
