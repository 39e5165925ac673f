/** A number with the unit of a measurement. */
const withUnit =
  /(?<![\w.])(\d+(?:\.\d+)?(?:e[+-]?\d+)?) ?(?:us|µs|μs|微秒|ms|毫秒|ns|s|x|×|倍|%|[KMGT]i?B(?:\/s)?|[GT]?FLOPS|[GT]flop\/s)(?![A-Za-z])/giu;
const number = /(?<![\w.])\d+(?:\.\d+)?(?:e[+-]?\d+)?/gi;

/** The measured figures of a text as they are written, such as `45.14 us`, `2.2x` or `35 %`; each once. */
export function measuredFigures(text: string): string[] {
  return [...new Set(text.match(withUnit))];
}

/** The values of all numbers of a text. */
export function numbersOf(text: string): Set<number> {
  return new Set((text.match(number) ?? []).map(Number));
}

/** The value of a figure, without its unit. */
export function valueOf(figure: string): number {
  return Number.parseFloat(figure);
}
