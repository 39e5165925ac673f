/** What may follow a provider's usual key prefixes, also where the provider has blanked a part of it with stars. */
const keyPattern = /\b(?:sk|pk|key|hf|gsk|xai)[-_][\w*.-]{8,}/g;

/**
 * Text from outside, made fit for one of our sentences: on one line, without control characters, keys blanked,
 * at most `limit` characters (default 300).
 */
export function excerpt(text: string, options: { limit?: number; secrets?: readonly string[] } = {}): string {
  let shown = text;
  for (const secret of options.secrets ?? []) {
    if (secret !== "") {
      shown = shown.replaceAll(secret, "[key]");
    }
  }
  shown = shown
    .replaceAll(keyPattern, "[key]")
    .replaceAll(/[\s\p{Cc}]+/gu, " ")
    .trim();
  const limit = options.limit ?? 300;
  // A cut never leaves half of a surrogate pair behind.
  return shown.length > limit ? `${shown.slice(0, limit - 1).replace(/[\ud800-\udbff]$/, "")}…` : shown;
}
