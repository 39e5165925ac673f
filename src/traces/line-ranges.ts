/**
 * A growing set of lines, as ranges from a first line to before a last one: small also where it holds most of a long
 * file. Ranges are added in the order of their ends.
 */
export function lineRanges() {
  const ranges: { from: number; to: number }[] = [];

  return { add, has };

  function add(from: number, to: number): void {
    let start = from;
    for (let last = ranges.at(-1); last !== undefined && last.to >= start; last = ranges.at(-1)) {
      start = Math.min(start, last.from);
      ranges.pop();
    }
    if (start < to) ranges.push({ from: start, to });
  }

  function has(line: number): boolean {
    let low = 0;
    let high = ranges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((ranges[middle]?.to ?? 0) <= line) low = middle + 1;
      else high = middle;
    }
    return (ranges[low]?.from ?? Infinity) <= line;
  }
}

export type LineRanges = Pick<ReturnType<typeof lineRanges>, "has">;
