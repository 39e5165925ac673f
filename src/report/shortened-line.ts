/** A text in one line of at most `length` characters. */
export function shorten(text: string, length: number): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  if (line.length <= length) return line;
  return `${line.slice(0, length - 3).replace(/[\uD800-\uDBFF]$/, "")}...`;
}

/** The same for prose with code spans: one that is cut in its middle is closed, so that it stays code. */
export function shortenProse(text: string, length: number): string {
  const line = shorten(text, length - 1);
  return line.split("`").length % 2 === 0 ? `${line}\`` : line;
}
