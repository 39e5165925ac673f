/** The sentences of prose: code blocks, headings and tables are left out, marks of lists too. */
export function sentencesOf(text: string): string[] {
  const prose = text
    .replaceAll(/(```|~~~)[\s\S]*?(?:\1|$)/g, "\n")
    .split("\n")
    .filter((line) => !/^\s*(?:#{1,6} |\||[-=]{3,}\s*$|<)/.test(line))
    .map((line) => line.replace(/^\s*(?:[-*+>]|\d+[.)])\s+/, "").trim())
    .join("\n");
  return prose
    .split(/(?<=[.!?])\s+(?=[\p{Lu}`"'(\d])|\n+/u)
    .map((sentence) => sentence.replaceAll(/\s+/g, " ").trim())
    .filter((sentence) => /\p{L}{2}/u.test(sentence));
}
