import fc from "fast-check";
import { expect, it } from "vitest";
import { lineRanges } from "./line-ranges.ts";

it("holds exactly the lines of its ranges", () => {
  const additions = fc.array(fc.tuple(fc.nat(40), fc.nat(5)), { maxLength: 12 });
  fc.assert(
    fc.property(additions, (told) => {
      const ranges = lineRanges();
      const lines = new Set<number>();
      let end = 0;
      for (const [from, more] of told) {
        end += more;
        ranges.add(from, end);
        for (let line = from; line < end; line += 1) lines.add(line);
      }
      for (let line = 0; line <= end + 1; line += 1) expect(ranges.has(line)).toBe(lines.has(line));
    }),
  );
});
