import { expect, it } from "vitest";
import { excerpt } from "./excerpt.ts";

it("puts a text on one line without control characters", () => {
  expect(excerpt("  a\r\n\u001b[31mb\u0000\tc ")).toBe("a [31mb c");
});

it("cuts a long text, never through a character", () => {
  expect(excerpt("x".repeat(400))).toHaveLength(300);
  expect(excerpt("aaaa😀bbbb", { limit: 6 })).toBe("aaaa…");
});

it("blanks the key, also twice, and what looks like one", () => {
  expect(excerpt("key tiny, again tiny", { secrets: ["tiny", ""] })).toBe("key [key], again [key]");
  expect(excerpt("Incorrect API key provided: sk-proj-ab****xyz.")).not.toContain("xyz");
});
