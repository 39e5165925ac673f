/** Lower-case words and numbers of a text; `tl.load` and `BLOCK_SIZE` stay one word each. */
export function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}_]+(?:[.:][\p{L}\p{N}_]+)*/gu) ?? [];
}

/** Jaccard index of the two texts' word sets, 0 to 1; two texts without words are equal. */
export function wordSimilarity(left: string, right: string): number {
  const a = new Set(wordsOf(left));
  const b = new Set(wordsOf(right));
  if (a.size === 0 && b.size === 0) return 1;
  let shared = 0;
  for (const word of a) if (b.has(word)) shared += 1;
  return shared / (a.size + b.size - shared);
}

/**
 * The literals of a text: numbers, quoted strings, constants, architectures and dotted or underscored names.
 * Two pieces of advice whose literals differ are different advice, however alike their words are.
 */
export function literalsOf(text: string): Set<string> {
  const pattern =
    /"[^"\n]*"|'[^'\n]*'|\b\d[\d_,]*(?:\.\d+)?(?:e[+-]?\d+)?\b|\b[A-Za-z]+\d+[A-Za-z0-9]*\b|\b[A-Za-z_]\w*(?:(?:\.|::)\w+)+|\b\w*_\w+\b/g;
  return new Set((text.match(pattern) ?? []).map((literal) => literal.replaceAll(",", "").toLowerCase()));
}

export function sameLiterals(left: string, right: string): boolean {
  const a = literalsOf(left);
  const b = literalsOf(right);
  return a.size === b.size && [...a].every((literal) => b.has(literal));
}
