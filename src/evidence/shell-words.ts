/** One word of a command line: as a program gets it, and as it is written. */
export interface Word {
  value: string;
  raw: string;
}

/** A simple command: its words, and the file that a here-document is written to. */
export interface SimpleCommand {
  words: Word[];
  written: { path: string; content: string } | undefined;
}

/**
 * Splits a line into simple commands: at `&&`, `||`, `;`, `&` and line ends outside of quotes. What follows a pipe
 * only shapes the output and is left out, like redirections; a here-document is kept where it becomes a file.
 */
export function simpleCommands(line: string): SimpleCommand[] {
  const commands: SimpleCommand[] = [];
  let command: SimpleCommand = { words: [], written: undefined };
  let value = "";
  let start = -1;
  let isFiltered = false;
  let redirects: "no" | "in" | "out" = "no";
  let target = "";
  let document: string | undefined;
  const endWord = (end: number): void => {
    if (start < 0) return;
    if (redirects === "out") target = value;
    else if (redirects === "no" && !isFiltered) command.words.push({ value, raw: line.slice(start, end) });
    redirects = "no";
    value = "";
    start = -1;
  };
  const endCommand = (end: number): void => {
    endWord(end);
    if (document !== undefined && target !== "" && !target.startsWith("/dev/"))
      command.written = { path: target, content: document };
    if (command.words.length > 0) commands.push(command);
    command = { words: [], written: undefined };
    isFiltered = false;
    redirects = "no";
    target = "";
    document = undefined;
  };
  for (let index = 0; index < line.length; index += 1) {
    const char = line.charAt(index);
    const next = line.charAt(index + 1);
    if (/\s/.test(char) && char !== "\n") {
      endWord(index);
      continue;
    }
    if (char === "'" || char === '"') {
      if (start < 0) start = index;
      const end = endOfQuote(line, index);
      const inner = line.slice(index + 1, end);
      value += char === '"' ? inner.replaceAll(/\\(["\\$`])/g, "$1") : inner;
      index = end;
    } else if (char === "\\") {
      if (next !== "\n") {
        if (start < 0) start = index;
        value += next;
      }
      index += 1;
    } else if (char === "<" && next === "<") {
      endWord(index);
      const found = hereDocument(line, index);
      if (found === undefined) break;
      // What stands between the mark and the line's end still belongs to the command: `cat <<EOF > file`.
      const [, after] =
        /^[^\n]*?>{1,2}\s*([^\s|;&<>]+)/.exec(line.slice(found.afterMark, found.lineEnd)) ?? [];
      if (after !== undefined) target = after;
      document = found.content;
      endCommand(index);
      index = found.end - 1;
    } else if (char === ">" || char === "<") {
      if (/^\d$/.test(value)) [value, start] = ["", -1];
      endWord(index);
      redirects = char === ">" ? "out" : "in";
      while (/[>&|]/.test(line.charAt(index + 1))) index += 1;
    } else if (char === "&" && next === ">") {
      endWord(index);
    } else if (char === "|" && next !== "|") {
      endWord(index);
      isFiltered = true;
    } else if (char === ";" || char === "\n" || char === "&" || char === "|") {
      endCommand(index);
    } else if (char === "#" && start < 0) {
      const end = line.indexOf("\n", index);
      index = end < 0 ? line.length : end - 1;
    } else {
      if (start < 0) start = index;
      value += char;
    }
  }
  endCommand(line.length);
  return commands;
}

function endOfQuote(line: string, start: number): number {
  const quote = line.charAt(start);
  for (let index = start + 1; index < line.length; index += 1) {
    if (line.charAt(index) === "\\" && quote === '"') index += 1;
    else if (line.charAt(index) === quote) return index;
  }
  return line.length;
}

/** A here-document whose mark `<<` stands at `at`; one without an end goes to the end of the text. */
function hereDocument(
  line: string,
  at: number,
): { content: string; afterMark: number; lineEnd: number; end: number } | undefined {
  const [mark, , word] = /^<<-?\s*(['"]?)(\w+)\1/.exec(line.slice(at, at + 200)) ?? [];
  const lineEnd = line.indexOf("\n", at);
  if (mark === undefined || word === undefined || lineEnd < 0) return undefined;
  const close = new RegExp(`^[ \\t]*${word}[ \\t]*$`, "m").exec(line.slice(lineEnd + 1));
  const contentEnd = close ? lineEnd + 1 + close.index : line.length;
  return {
    content: line.slice(lineEnd + 1, contentEnd),
    afterMark: at + mark.length,
    lineEnd,
    end: close ? contentEnd + close[0].length : line.length,
  };
}
