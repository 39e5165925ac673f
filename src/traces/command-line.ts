import type { JsonValue } from "./json-value.ts";

const shells = /^(?:\S*\/)?(?:ba|z|da|k)?sh$/;

/**
 * The command line of a shell call: a text, or the words of an argument list. A shell that only runs a line
 * (`bash -lc "make test"`, `["bash", "-lc", "make test"]`) is left out.
 */
export function commandLine(value: JsonValue | undefined): string | null {
  if (typeof value === "string") return value === "" ? null : innerLine(value);
  if (!Array.isArray(value)) return null;
  const words = value.filter((word) => typeof word === "string");
  if (words.length === 0) return null;
  const [program = "", flag = "", line] = words;
  if (words.length === 3 && line !== undefined && shells.test(program) && isRunFlag(flag)) return line;
  return words.map(quoted).join(" ");
}

function innerLine(text: string): string {
  const [whole, program = "", flag = ""] = /^\s*(\S+)\s+(-\w+)\s+/.exec(text) ?? [];
  if (whole === undefined || !shells.test(program) || !isRunFlag(flag)) return text;
  return onlyWord(text.slice(whole.length).trimEnd()) ?? text;
}

function isRunFlag(flag: string): boolean {
  return /^-[a-z]*c$/.test(flag);
}

/** The value of a text that is one word for a POSIX shell without expansions; undefined for anything else. */
function onlyWord(text: string): string | undefined {
  let value = "";
  let index = 0;
  while (index < text.length) {
    const char = text.charAt(index);
    if (char === "'") {
      const end = text.indexOf("'", index + 1);
      if (end < 0) return undefined;
      value += text.slice(index + 1, end);
      index = end + 1;
    } else if (char === '"') {
      const part = /^"((?:[^"\\]|\\[^])*)"/.exec(text.slice(index));
      if (part === null) return undefined;
      value += (part[1] ?? "").replace(/\\([$`"\\])/g, "$1").replaceAll("\\\n", "");
      index += part[0].length;
    } else if (char === "\\") {
      value += text.charAt(index + 1);
      index += 2;
    } else if (/[\s;&|<>()]/.test(char)) {
      return undefined;
    } else {
      value += char;
      index += 1;
    }
  }
  return value;
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
