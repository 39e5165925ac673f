import fc from "fast-check";
import { expect, test } from "vitest";
import "../../test/property-seed.ts";
import { placeholderFor, withStandIns } from "./placeholder.ts";
import { secretKinds } from "./secret-kind.ts";

const placeholder = fc
  .record({ kind: fc.constantFrom(...secretKinds), number: fc.integer({ min: 1, max: 99_999 }) })
  .map(({ kind, number }) => placeholderFor(kind, number));

test("a text with stand-ins comes back as it was, and each placeholder is one character of it", () => {
  const part = fc.oneof(
    placeholder,
    fc.string({ unit: "binary", maxLength: 6 }).filter((text) => !/[[\u{100000}-\u{100fff}]/u.test(text)),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
      const held = withStandIns(parts.join(""));
      expect(held.restored(held.text)).toBe(parts.join(""));
      expect(held.text).not.toContain("[");
    }),
  );
});
