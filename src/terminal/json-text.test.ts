import fc from "fast-check";
import { expect, test } from "vitest";
import "../../test/property-seed.ts";
import { escapedJson } from "./json-text.ts";

test("writes what a terminal would obey or hide as escapes", () => {
  const json = JSON.stringify({ a: "x\u009b31m\u202e\u200b\u2028\u{E0041}\u007f\n##[error]" });
  expect(escapedJson(json)).toBe(
    String.raw`{"a":"x\u009b31m\u202e\u200b\u2028\udb40\udc41\u007f\n##\u005berror]"}`,
  );
});

test("is the same value, with its line ends between the parts", () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: "binary" }), (value) => {
      const json = JSON.stringify(value, null, 2);
      const escaped = escapedJson(json);
      expect(escaped.split("\n").length).toBe(json.split("\n").length);
      expect(JSON.parse(escaped)).toEqual(JSON.parse(json));
      expect(escaped).not.toMatch(/[\u007f-\u009f\p{Cf}]/u);
    }),
  );
});
