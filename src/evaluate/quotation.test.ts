import fc from "fast-check";
import { expect, it } from "vitest";
import "../../test/property-seed.ts";
import { isQuotedFrom, leastCharacters } from "./quotation.ts";

it("knows any part of a text that is long enough", () => {
  fc.assert(
    fc.property(fc.string({ minLength: leastCharacters }), fc.nat(), fc.nat(), (text, from, length) => {
      const at = from % text.length;
      const part = text.slice(at, at + leastCharacters + length);
      fc.pre(part.trim() === part && !/\s/.test(part) && part.normalize("NFC").length >= leastCharacters);
      fc.pre(text.normalize("NFC").includes(part.normalize("NFC")));
      expect(isQuotedFrom(text, part)).toBe(true);
    }),
  );
});

it("passes over how much blank there is and how letters are composed", () => {
  expect(isQuotedFrom("cafe\u0301\n  au\tlait, please", "caf\u00e9 au lait")).toBe(true);
  expect(isQuotedFrom("cafe au lait, please", "cafeau lait, please")).toBe(false);
});

it("takes no quotation that shows nothing", () => {
  const refusal = "I cannot do the task.";
  for (const quote of [null, "", "  ", "a", "the", "the task", "do the", "cannot do"])
    expect(isQuotedFrom(refusal, quote)).toBe(false);
  expect(isQuotedFrom("", "")).toBe(false);
});

it("takes three words, twelve characters, or the whole of a shorter text", () => {
  expect(isQuotedFrom("The answer is 42.", "is 42.")).toBe(false);
  expect(isQuotedFrom("The answer is 42.", "answer is 42")).toBe(true);
  expect(isQuotedFrom("print(solution)", "print(soluti")).toBe(true);
  expect(isQuotedFrom("print(solution)", "print(solut")).toBe(false);
  expect(isQuotedFrom(" 42\n", "42")).toBe(true);
  expect(isQuotedFrom("42", "4")).toBe(false);
});
