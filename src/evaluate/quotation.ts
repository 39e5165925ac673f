/**
 * A quotation with fewer characters and fewer words than these proves nothing, unless it is the whole text: nearly every
 * text holds "the".
 */
export const leastCharacters = 12;
export const leastWords = 3;

/**
 * Whether a text holds a quotation word for word. How much blank there is, and how letters with marks are composed,
 * count for nothing: models copy both freely.
 */
export function isQuotedFrom(text: string, quote: string | null): boolean {
  const [whole, part] = [plain(text), plain(quote ?? "")];
  if (part === "" || !whole.includes(part)) return false;
  return part === whole || part.length >= leastCharacters || part.split(" ").length >= leastWords;
}

function plain(text: string): string {
  return text.normalize("NFC").replaceAll(/\s+/g, " ").trim();
}
