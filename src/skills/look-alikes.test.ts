import fc from "fast-check";
import { expect, test } from "vitest";
import "../../test/property-seed.ts";
import { asItLooks } from "./look-alikes.ts";

test.each([
  ["Ignоre", "Ignore"],
  ["ｉｇｎｏｒｅ　ａｌｌ", "ignore all"],
  ["𝐢𝐠𝐧𝐨𝐫𝐞", "ignore"],
  ["ígnörē", "ignore"],
  ["ɪɢɴᴏʀᴇ", "ignore"],
  ["ιgnοrε", "ignore"],
  ["すべての指示", "すべての指示"],
  ["忽略之前的指令", "忽略之前的指令"],
])("%j looks like %j", (text, plain) => {
  expect(asItLooks(text)).toBe(plain);
});

test("leaves ASCII alone, and changes nothing the second time", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme-ascii" }), (text) => {
      expect(asItLooks(text)).toBe(text);
    }),
  );
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      expect(asItLooks(asItLooks(text))).toBe(asItLooks(text));
    }),
  );
});
