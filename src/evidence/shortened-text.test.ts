import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plainCompress } from "./plain-compressor.ts";
import { measuredFigures, numbersOf, valueOf } from "./measured-figures.ts";
import { shortened } from "./shortened-text.ts";

const log = `${"reading the file again ".repeat(20)}it took 45.14 us and 2.2x\n${"more of it ".repeat(40)}`;

describe("shortened", () => {
  it("keeps the beginning, the number of characters left out, and the figures in them", () => {
    const short = shortened(log, 100);
    expect(short).toMatch(
      /^reading the file again .*reading \[\.\.\. \d+ characters left out; figures in them: 45\.14 us, 2\.2x\]$/,
    );
    const left = Number(/(\d+) characters/.exec(short)?.[1]);
    expect(short.indexOf(" [...") + left).toBe(log.length);
  });

  it("counts on when it is shortened again", () => {
    const once = shortened(log, 200);
    const twice = shortened(`${once} and more words after the mark, which are many ${"so ".repeat(90)}`, 60);
    expect(twice).toContain("45.14 us");
    expect(twice.match(/left out/g)).toHaveLength(1);
    expect(Number(/(\d[\d,]*) characters/.exec(twice)?.[1]?.replace(",", ""))).toBeGreaterThan(800);
  });

  it("leaves a text that is hardly longer as it is", () => {
    expect(shortened("a few words more than that", 20)).toBe("a few words more than that");
  });

  it("is never longer, loses no figure and cuts no character in two", () => {
    const word = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.constantFrom("12.5 us", "3 %", "1e3 ms", "🚀", "\n"),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 120 }), fc.nat({ max: 300 }), (words, limit) => {
        const text = words.join(" ");
        const short = shortened(text, limit);
        expect(short.length).toBeLessThanOrEqual(text.length);
        expect(short.isWellFormed()).toBe(text.isWellFormed());
        const left = numbersOf(short);
        for (const figure of measuredFigures(text)) expect(left.has(valueOf(figure))).toBe(true);
      }),
    );
  });

  it("takes linear time for runs of blanks and digits", () => {
    const started = performance.now();
    for (const character of [" ", "1", "\n", "`", "["]) shortened(character.repeat(500_000), 100);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

describe("plainCompress", () => {
  const mark = (n: number) => `[[keep-0123abcd-${n}: 9 characters]]`;

  it("names a stretch that stands above already, and cuts the others no more than it has to", async () => {
    const page = "A page of the manual that the agent reads again and again, as it stands.";
    const text = [mark(0), page, mark(1), page, mark(2), "y ".repeat(700).trim()].join("\n");
    const roomy = await plainCompress(text, 1300);
    expect(roomy.split("\n").slice(0, 5)).toEqual([
      mark(0),
      page,
      mark(1),
      "(72 characters, as above)",
      mark(2),
    ]);
    expect(roomy.length).toBeGreaterThan(900);
    const tight = await plainCompress(text, 300);
    expect(tight.length).toBeLessThanOrEqual(300);
    expect(tight.split("\n").filter((line) => line.startsWith("[[keep"))).toEqual([
      mark(0),
      mark(1),
      mark(2),
    ]);
  });
});
