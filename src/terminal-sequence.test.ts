import { expect, test } from "vitest";
import { withoutTerminalSequences } from "./terminal-sequence.ts";

test.each([
  ["\u001B[31mred\u001B[0m", "red"],
  ["\u001B[38;2;1;2;3mred\u001B[m \u001B[2K\u001B[1G", "red "],
  ["\u009B31mred", "red"],
  ["\u001B]0;a title\u0007text", "text"],
  ["\u001B]8;;https://a.example/\u001B\\a link\u001B]8;;\u001B\\", "a link"],
  ["\u001B(Btext\u001B=\u001B>\u001B7", "text"],
  ["no escape [31m here", "no escape [31m here"],
  ["a title without an end \u001B]0;", "a title without an end \u001B]0;"],
])("leaves of %j what a person reads", (text, plain) => {
  expect(withoutTerminalSequences(text)).toBe(plain);
});

test("takes a megabyte of beginnings in bounded time", () => {
  const slow: string[] = [];
  for (const piece of ["\u001B]", "\u001B[", "\u001B", "\u001B]0;a", "\u001B[1", "\u001B(", "\u009B"]) {
    const begin = performance.now();
    withoutTerminalSequences(piece.repeat(Math.ceil(1_000_000 / piece.length)));
    // A quadratic pattern takes minutes.
    if (performance.now() - begin > 5000) slow.push(piece);
  }
  expect(slow).toEqual([]);
});
