/** A quotation shorter than this proves nothing, unless the whole text is shorter. */
const leastCharacters = 3;

/**
 * Whether a text holds a quotation word for word. How much blank there is, and how letters with marks are composed,
 * count for nothing: models copy both freely.
 */
export function isQuotedFrom(text: string, quote: string | null): boolean {
  const [whole, part] = [plain(text), plain(quote ?? "")];
  return part !== "" && part.length >= Math.min(leastCharacters, whole.length) && whole.includes(part);
}

function plain(text: string): string {
  return text.normalize("NFC").replaceAll(/\s+/g, " ").trim();
}
