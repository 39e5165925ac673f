import fc from "fast-check";
import { expect, test } from "vitest";
import { codePointName, hiddenCharacters, hiddenLines, showHidden } from "./hidden-characters.ts";

const names = (text: string): string[] =>
  hiddenCharacters(text).map(({ character }) => codePointName(character));

test("finds direction changes, invisible characters, tag characters, control characters and half characters", () => {
  expect(names("a\u202Eb\u2066c")).toEqual(["U+202E", "U+2066"]);
  expect(names("a\u200Bb\u00ADc\u2060d\uFEFF")).toEqual(["U+200B", "U+00AD", "U+2060", "U+FEFF"]);
  expect(names("ok\u{E0068}\u{E0069}")).toEqual(["U+E0068", "U+E0069"]);
  expect(names("\u001B[8mhidden\u001B[0m")).toEqual(["U+001B", "U+001B"]);
  expect(names("\u3164 and \uD800 and \uFFFE")).toEqual(["U+3164", "U+D800", "U+FFFE"]);
});

test("leaves alone what writing needs", () => {
  for (const text of [
    "tabs\tand\r\nline ends",
    "👩‍💻 👨‍👩‍👧‍👦 ❤️ 1️⃣ ☎︎ 👍🏽",
    "می‌خواهم क्‍ष",
    "\u{1F3F4}\u{E0067}\u{E0062}\u{E0077}\u{E006C}\u{E0073}\u{E007F}",
    "归约 é ü ß",
  ]) {
    expect(names(text)).toEqual([]);
  }
});

test("finds text hidden behind a flag, in a row of style selectors and behind joiners", () => {
  expect(names("\u{1F3F4}\u{E0068}\u{E0069}\u{E007F}")).toHaveLength(3);
  expect(names("❤\uFE0F\uFE0E\uFE0F")).toEqual(["U+FE0E", "U+FE0F"]);
  expect(names("a\u200Db")).toEqual(["U+200D"]);
  expect(names("👩\u200D")).toEqual(["U+200D"]);
});

test("writes hidden characters out", () => {
  expect(showHidden("a\u202Eb\u{E0041}\uD800")).toBe("a[U+202E]b[U+E0041][U+D800]");
});

test("shown text hides nothing", () => {
  const piece = fc.oneof(
    fc.constantFrom(
      "\u200D",
      "\uFE0F",
      "👩",
      "💻",
      "\u202E",
      "\u{1F3F4}",
      "\u{E0067}",
      "\u{E007F}",
      "क",
      "\uD800",
    ),
    fc.string({ unit: "binary", maxLength: 3 }),
  );
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      expect(hiddenCharacters(showHidden(pieces.join("")))).toEqual([]);
    }),
  );
});

test("counts lines in linear time, also where all hidden characters are in one long line", () => {
  const begin = performance.now();
  const lines = hiddenLines(`one\n${"\u200B".repeat(500_000)}\n\u2060\n`);
  expect(lines).toEqual([
    { line: 2, names: ["U+200B"] },
    { line: 3, names: ["U+2060"] },
  ]);
  // With a search for the next line at every character it takes more than twice as long.
  expect(performance.now() - begin).toBeLessThan(4000);
});
