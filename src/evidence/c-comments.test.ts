import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cComments } from "./c-comments.ts";

function comments(code: string): string[] {
  return cComments(code).map(({ from, to }) => code.slice(from, to));
}

describe("cComments", () => {
  it.each<[string, string, string[]]>([
    ["both kinds", "int a; // b\n/* c\n d */ int e;", [" // b", "/* c\n d */"]],
    ["comment marks in texts", 'asm volatile("// ptx" ::: "memory"); /* a */', ["/* a */"]],
    ["comment marks in characters", "char a = '\"'; // b\nchar c = '\\''; // d", [" // b", " // d"]],
    ["digit separators", "int a = 1'000'000; // b\nint c = 0x1'F; /* ' */", [" // b", "/* ' */"]],
    ["raw texts", 'auto a = R"x(// " )" */)x"; // b', [" // b"]],
    [
      "directives",
      '#include <a//b>\n#define A "c // d" // e\n#define B 1 /* f */ + 2\nint g; // h',
      ["//b>", " // e", "/* f */", " // h"],
    ],
    ["pragmas", "#pragma unroll 4 // a\nfor (;;) {}", [" // a"]],
    ["apostrophes in prose", "#error don't // a\nint b; // c", [" // a", " // c"]],
    ["a line that goes on", "// a \\\n b\nint c;", ["// a \\\n b"]],
    ["texts that end with their line", 'x("a\n// b\n"c // d\n', ["// b"]],
    ["launches", "k<<<g / 2, b>>>(x /* a */, y); // b", ["/* a */", " // b"]],
  ])("finds the comments around %s", (_, code, expected) => {
    expect(comments(code)).toEqual(expected);
  });

  it("leaves a block comment that never ends as code", () => {
    expect(comments("a /* b // c\nd")).toEqual([" // c"]);
  });

  it("takes the rest for text after a raw text that never ends", () => {
    expect(comments('// a\nR"x( // b\n/* c */')).toEqual(["// a"]);
  });

  it("finds stretches that are in order and apart, in any text", () => {
    const part = fc.constantFrom(
      "/",
      "*",
      '"',
      "'",
      "\\",
      "\n",
      'R"(',
      ')"',
      "a",
      "1",
      " ",
      "//",
      "/*",
      "*/",
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 60 }), (parts) => {
        const code = parts.join("");
        let end = 0;
        for (const { from, to } of cComments(code)) {
          expect(from).toBeGreaterThanOrEqual(end);
          expect(to).toBeGreaterThan(from);
          end = to;
        }
        expect(end).toBeLessThanOrEqual(code.length);
      }),
    );
  });
});
