import fc from "fast-check";
import { expect, it } from "vitest";
import { valueHider } from "./value-forms.ts";

const value = 'Zq/7+tok"en ä-42%';
const hex = Buffer.from(value).toString("hex");
const backwards = Array.from(value).reverse().join("");

it.each([
  ["as it is", value],
  ["backwards", backwards],
  ["in hexadecimal", hex],
  ["in capital hexadecimal", hex.toUpperCase()],
  ["as od prints it", hex.replace(/../g, " $&")],
  ["as bytes of a program", hex.replace(/../g, String.raw`\x$&`)],
  ["with every byte for a URL", hex.replace(/../g, "%$&")],
  ["for a URL", encodeURIComponent(value)],
  ["in JSON", JSON.stringify(value)],
  ["in Base64", Buffer.from(value).toString("base64")],
  ["in Base64 for a URL, one byte on", Buffer.from(`x${value}y`).toString("base64url")],
  ["in Base64, two bytes on", Buffer.from(`xy${value}`).toString("base64")],
  ["backwards in hexadecimal", Buffer.from(backwards).toString("hex")],
])("hides a value %s", (_, written) => {
  const hidden = valueHider([value], "[hidden]")(`before ${written} after ${written}`);
  expect(hidden).toMatch(/^before .*\[hidden\].* after .*\[hidden\].*$/);
  expect(hidden.replaceAll("[hidden]", "").length).toBeLessThan("before  after ".length + 12);
});

it("changes no other text, and lets none of its values through", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 8 }), fc.string(), fc.string(), (secret, before, after) => {
      const hide = valueHider([secret], "\u0000");
      expect(hide(`${before}${secret}${after}`)).not.toContain(secret);
      const other = "nothing of the kind";
      expect(valueHider([], "x")(before)).toBe(before);
      if (!other.includes(secret)) expect(hide(other)).toBe(other);
    }),
  );
});
