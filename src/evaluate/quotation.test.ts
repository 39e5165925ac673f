import fc from "fast-check";
import { expect, it } from "vitest";
import { isQuotedFrom } from "./quotation.ts";

it("knows any part of a text that is long enough", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 3 }), fc.nat(), fc.nat(), (text, from, length) => {
      const at = from % text.length;
      const part = text.slice(at, at + 3 + length);
      fc.pre(part.trim() === part && !/\s/.test(part) && part.normalize("NFC").length >= 3);
      fc.pre(text.normalize("NFC").includes(part.normalize("NFC")));
      expect(isQuotedFrom(text, part)).toBe(true);
    }),
  );
});

it("passes over how much blank there is and how letters are composed", () => {
  expect(isQuotedFrom("cafe\u0301\n  au\tlait", "caf\u00e9 au lait")).toBe(true);
  expect(isQuotedFrom("cafe au lait", "cafeau")).toBe(false);
});

it("takes no quotation that shows nothing", () => {
  for (const quote of [null, "", "  ", "a", "ab "]) expect(isQuotedFrom("abc abc", quote)).toBe(false);
  expect(isQuotedFrom("ab", "ab")).toBe(true);
  expect(isQuotedFrom("ab", "a")).toBe(false);
  expect(isQuotedFrom("", "")).toBe(false);
});
