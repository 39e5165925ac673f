/** One line under a commit message, such as `Overproof-Mode: search_log`. */
export type Trailer = readonly [key: string, value: string];

/**
 * A commit message: subject, body, trailers. Line breaks and control characters in the subject or in a value
 * become spaces, so that no value can start a line of its own; trailers whose value is empty are left out.
 * Throws when a key is none that git reads (letters, digits, hyphens) or the subject is empty.
 */
export function formatMessage(subject: string, body: string, trailers: readonly Trailer[]): string {
  const title = oneLine(subject);
  if (title === "") throw new Error("A commit message needs a subject.");
  const lines = trailers
    .map(([key, value]): Trailer => [key, oneLine(value)])
    .filter(([, value]) => value !== "")
    .map(([key, value]) => {
      if (!/^[A-Za-z][A-Za-z0-9-]*$/.test(key))
        throw new Error(`${JSON.stringify(key)} is no key of a trailer.`);
      return `${key}: ${value}`;
    });
  return `${[title, paragraphs(body), lines.join("\n")].filter((part) => part !== "").join("\n\n")}\n`;
}

/** Breaks that some reader takes for the end of a line: Unicode's as well as ASCII's. */
const breaksAndControls = /[\p{Cc}\u2028\u2029]+/gu;

function oneLine(text: string): string {
  return text.replaceAll(breaksAndControls, " ").replaceAll(/\s+/g, " ").trim();
}

function paragraphs(text: string): string {
  return text
    .replaceAll(/\r\n?/g, "\n")
    .split("\n")
    .map((line) => line.replaceAll("\t", "  ").replaceAll(breaksAndControls, " ").trimEnd())
    .join("\n")
    .replaceAll(/\n{3,}/g, "\n\n")
    .trim();
}
