import { expect, test } from "vitest";
import { oneLine, withoutCommands } from "./one-line.ts";

test("a message stays on its line, whatever it quotes", () => {
  const text = oneLine("no\n::add-mask::true\r\n\u2028x\u001b[2J ##[error]y");
  expect(text).toBe("no ::add-mask::true x[U+001B][2J ## [error]y");
});

test("no line of a longer text is a command of a workflow", () => {
  const text = withoutCommands("a\n::error::x\n  ::set-output name=a::b\nstd::vector\n");
  expect(text).toBe("a\n\\::error::x\n  \\::set-output name=a::b\nstd::vector\n");
  expect(text).not.toMatch(/^\s*::/m);
});
