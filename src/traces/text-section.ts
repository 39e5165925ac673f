/** Characters of a section that are kept; the rest of a longer one is left out. */
const maxLength = 1024 * 1024;

/** A stretch of a text under one heading or marker. */
export interface TextSection {
  /** The line of its heading. */
  line: number;
  lines: string[];
  add(text: string, line: number): void;
  lastLine(): number;
  /** Whether it is longer than what is kept. */
  isCut(): boolean;
  /** Everything, without blank lines around it. */
  text(): string;
  /** What stands in its fences, or everything where it has none. */
  body(): string;
  /** The word behind its first fence. */
  language(): string;
}

export function textSection(line: number): TextSection {
  const lines: string[] = [];
  let length = 0;
  let last = line;
  return { line, lines, add, lastLine: () => last, isCut: () => length > maxLength, text, body, language };

  function add(text: string, at: number): void {
    // Blank lines at its end belong to nothing.
    if (text.trim() !== "") last = at;
    length += text.length;
    if (length <= maxLength) lines.push(text);
  }

  function text(): string {
    return lines.join("\n").trim();
  }

  function body(): string {
    const fences = fenceTracker();
    const inside: string[] = [];
    let hasFence = false;
    for (const line of lines) {
      const was = fences.isOpen();
      const is = fences.isInside(line);
      if (is && was) inside.push(line);
      hasFence ||= is;
    }
    return hasFence ? inside.join("\n") : text();
  }

  function language(): string {
    const first = lines.find((line) => /^\s{0,3}(?:`{3,}|~{3,})/.test(line)) ?? "";
    return first.replace(/^\s*[`~]+\s*/, "").trim();
  }
}

/** Follows the fences of a Markdown text, line by line (CommonMark 0.31, section 4.5). */
export function fenceTracker() {
  let open: string | undefined;
  return { isInside, isOpen: () => open !== undefined };

  /** Whether a line is the start of a fence or stands in one; the line that ends it does not. */
  function isInside(line: string): boolean {
    const [, mark, rest] = /^ {0,3}(`{3,}|~{3,})(.*)$/.exec(line) ?? [];
    if (open === undefined) {
      if (mark === undefined || (mark.startsWith("`") && rest?.includes("`") === true)) return false;
      open = mark;
      return true;
    }
    if (mark === undefined || !mark.startsWith(open) || rest?.trim() !== "") return true;
    open = undefined;
    return false;
  }
}
