import fc from "fast-check";
import { expect, it } from "vitest";
import "../../test/property-seed.ts";
import { formatExample, parseExample } from "./example.ts";

it.each([
  ["fix this => fixed", { input: "fix this", output: "fixed" }],
  ["a=>b", { input: "a", output: "b" }],
  ["map (x \\=> x) => [x]", { input: "map (x => x)", output: "[x]" }],
  ["a \\\\=> b => c", { input: "a \\=> b", output: "c" }],
  ["C:\\dir => two\nlines", { input: "C:\\dir", output: "two\nlines" }],
  ["a >= b => yes", { input: "a >= b", output: "yes" }],
])("reads %j", (text, example) => {
  expect(parseExample(text)).toEqual(example);
});

it.each([
  ["no arrow here", "has no arrow"],
  ["", "has no arrow"],
  ["only \\=> escaped", "has no arrow"],
  ["a => b => c", "has more than one arrow"],
  [" => b", "has nothing before its arrow"],
  ["a => ", "has nothing after its arrow"],
])("refuses %j", (text, reason) => {
  expect(() => parseExample(text)).toThrow(
    expect.objectContaining({ name: "Failure", exitCode: 2, message: expect.stringContaining(reason) }),
  );
});

it("reads back what it writes", () => {
  const piece = fc.constantFrom("=>", "\\", "a", " ", "=", ">", "\n");
  const side = fc
    .oneof(
      fc.string(),
      fc.array(piece).map((pieces) => pieces.join("")),
    )
    .map((text) => text.trim())
    .filter((text) => text !== "");
  fc.assert(
    fc.property(side, side, (input, output) => {
      expect(parseExample(formatExample({ input, output }))).toEqual({ input, output });
    }),
  );
});
