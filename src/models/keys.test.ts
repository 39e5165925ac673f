import { expect, it } from "vitest";
import { keyFor, sendsKeyInTheClear } from "./keys.ts";

const keys = { anthropic: "key-a", openai: "key-o", compatible: "key-c" };
const own = { kind: "openai", model: "m", baseUrl: undefined } as const;
const elsewhere = { kind: "openai", model: "m", baseUrl: "http://gpu.example:8000/v1" } as const;

it("gives a provider's key to that provider only", () => {
  expect(keyFor(own, keys)).toBe("key-o");
  expect(keyFor({ ...own, kind: "anthropic" }, keys)).toBe("key-a");
  expect(keyFor(elsewhere, keys)).toBe("key-c");
  expect(keyFor(elsewhere, { openai: "key-o" })).toBeUndefined();
});

it("names the variable where a key is missing or damaged, and never repeats the key", () => {
  expect(() => keyFor(own, { openai: "  " })).toThrow(expect.objectContaining({ exitCode: 2 }));
  expect(() => keyFor(own, {})).toThrow(
    expect.objectContaining({ remedy: expect.stringContaining("OPENAI_API_KEY") as string }),
  );
  expect(() => keyFor(own, { openai: "abc\ndef" })).toThrow("OPENAI_API_KEY");
  expect(() => keyFor(own, { openai: "abc\ndef" })).not.toThrow("abc");
});

it("notices a key that would leave the machine unencrypted", () => {
  expect(sendsKeyInTheClear(elsewhere, "key-c")).toBe(true);
  expect(sendsKeyInTheClear(elsewhere, undefined)).toBe(false);
  expect(sendsKeyInTheClear({ ...elsewhere, baseUrl: "https://gpu.example/v1" }, "key-c")).toBe(false);
  expect(sendsKeyInTheClear({ ...elsewhere, baseUrl: "http://127.0.0.1:8000" }, "key-c")).toBe(false);
});
