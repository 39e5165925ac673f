import type { Interval } from "../evaluate/statistics/interval.ts";

/**
 * An interval on a line of so many columns, such as `·····├──●──┤··`. `marks` are drawn where the interval is not: a
 * zero line, a margin. Bounds beyond the ends become arrows.
 */
export function intervalPlot(
  { value, low, high }: Interval,
  axis: { from: number; to: number; columns: number; marks?: readonly number[] },
): string {
  const { from, to, columns, marks = [] } = axis;
  const place = (at: number): number =>
    Math.min(columns - 1, Math.max(0, Math.round(((at - from) / (to - from)) * (columns - 1))));
  const line = Array.from({ length: columns }, () => "·");
  for (const mark of marks) if (mark >= from && mark <= to) line[place(mark)] = "│";
  if (!Number.isFinite(value)) return line.join("");
  for (let at = place(low); at <= place(high); at += 1) line[at] = "─";
  line[place(low)] = low < from ? "◄" : "├";
  line[place(high)] = high > to ? "►" : "┤";
  line[place(value)] = "●";
  return line.join("");
}
