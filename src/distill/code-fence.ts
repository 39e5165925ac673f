/** The code fence that is open after this line, or an empty string (CommonMark 4.5). */
export function fenceAfter(line: string, open: string): string {
  const match = /^ {0,3}(`{3,}|~{3,})(.*)$/s.exec(line);
  if (!match) return open;
  const mark = match[1] ?? "";
  const rest = match[2] ?? "";
  if (open === "") return mark.startsWith("`") && rest.includes("`") ? "" : mark;
  const closes = mark[0] === open[0] && mark.length >= open.length && rest.trim() === "";
  return closes ? "" : open;
}

interface FencedLine {
  line: string;
  /** Whether it stands in a code fence; the marks themselves do. */
  isCode: boolean;
}

/** The lines of a text, told apart into code and the rest. */
export function fencedLines(text: string): FencedLine[] {
  let fence = "";
  return text.split("\n").map((line) => {
    const before = fence;
    fence = fenceAfter(line, fence);
    return { line, isCode: before !== "" || fence !== "" };
  });
}

/** The mark of the fence that a text leaves open, or an empty string. */
export function openFence(text: string): string {
  return text.split("\n").reduce((fence, line) => fenceAfter(line, fence), "");
}
