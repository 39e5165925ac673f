/** Lower-case words and numbers of a text; `tl.load` and `BLOCK_SIZE` stay one word each. */
export function wordsOf(text: string): Set<string> {
  return new Set(text.toLowerCase().match(/[\p{L}\p{N}_]+(?:[.:][\p{L}\p{N}_]+)*/gu));
}

/** Jaccard index of two sets of words, 0 to 1; without any words there is nothing in common. */
export function sharedShare(left: ReadonlySet<string>, right: ReadonlySet<string>): number {
  const [small, large] = left.size < right.size ? [left, right] : [right, left];
  let shared = 0;
  for (const word of small) if (large.has(word)) shared += 1;
  return shared === 0 ? 0 : shared / (left.size + right.size - shared);
}

/** The literals of a text: numbers, quoted strings, constants, architectures and dotted or underscored names. */
export function literalsOf(text: string): Set<string> {
  const pattern =
    /"[^"\n]*"|'[^'\n]*'|\b\d[\d_,]*(?:\.\d+)?(?:e[+-]?\d+)?\b|\b[A-Za-z]+\d[A-Za-z0-9]*\b|\b[A-Za-z_]\w*(?:(?:\.|::)\w+)+|\b\w*_\w+\b/g;
  return new Set((text.match(pattern) ?? []).map((literal) => literal.replaceAll(",", "").toLowerCase()));
}

/** Whether two texts hold the same literals, in whatever order and however often. */
export function haveEqualLiteralSets(one: string, other: string): boolean {
  return [...literalsOf(one)].sort().join() === [...literalsOf(other)].sort().join();
}
