import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codeDiff } from "../evidence/code-diff.ts";
import { fixKey, fixParts, fixSentence, withoutOwnNames } from "./fix-words.ts";

function sentence(before: string, after: string): string {
  return fixSentence(fixParts(diff(before, after)));
}

function diff(before: string, after: string): string {
  return codeDiff(`${before}\n`, `${after}\n`, { from: "a", to: "b" })?.text ?? "";
}

const key = (before: string, after: string): string => fixKey(fixParts(diff(before, after)));

describe("fixSentence", () => {
  it.each([
    [
      "an argument that came",
      "x = tl.load(p + c, other=0.0)",
      "x = tl.load(p + c, mask=m, other=0.0)",
      "Add `mask=m` to `tl.load`.",
    ],
    ["an argument that went", "y = f.g(a, b)", "y = f.g(a)", "Drop `b` in `f.g`."],
    [
      "another value of a keyword",
      "k[grid](x, num_stages=8)",
      "k[grid](x, num_stages=2)",
      "Write `num_stages=2` instead of `num_stages=8`.",
    ],
    ["another argument", "k(x.stride(1))", "k(x.stride(0))", "Write `x.stride(0)` instead of `x.stride(1)`."],
    [
      "another value of a variable",
      "SIZE = n",
      "SIZE = triton.next_power_of_2(n)",
      "Set `SIZE` to `triton.next_power_of_2(n)` instead of `n`.",
    ],
    [
      "another attribute",
      "a = tl.zeros(s, dtype=tl.float16)",
      "a = tl.zeros(s, dtype=tl.float32)",
      "Write `dtype=tl.float32` instead of `dtype=tl.float16` in `tl.zeros`.",
    ],
    [
      "an annotation",
      "def k(x, SIZE):",
      "def k(x, SIZE: tl.constexpr):",
      "Write `SIZE: tl.constexpr` instead of `SIZE`.",
    ],
    [
      "a mark at the end of a line",
      "def forward(self, x)",
      "def forward(self, x):",
      "End `def forward(self, x)` with `:`.",
    ],
    ["a line that came", "a", "a\nx = x.contiguous()", "Add `x = x.contiguous()`."],
    ["a line that went", "a\ndel x", "a", "Drop `del x`."],
    ["other indentation", "if a:\n  b()", "if a:\n    b()", "Change the indentation of `b()`."],
    ["a rewritten line", "x", "y = z", "Write `y = z` instead of `x`."],
  ])("tells %s", (_, before, after, words) => {
    expect(sentence(before, after)).toBe(words);
  });

  it("tells equal changes of several calls once, and many changes by their number", () => {
    expect(
      sentence("tl.load(p, a)\nkeep\ntl.store(p, b)", "tl.load(p, a, mask=m)\nkeep\ntl.store(p, b, mask=m)"),
    ).toBe("Add `mask=m` to `tl.load` and `tl.store`.");
    const lines = (sign: string): string =>
      Array.from({ length: 7 }, (_, index) => `v${index} = ${sign}${index}`).join("\nkeep\n");
    expect(sentence(lines("a"), lines("b"))).toMatch(/; make 3 more changes like those in the code\.$/);
  });

  it("makes a sentence of any diff", () => {
    const source = fc
      .array(fc.constantFrom("a(b, c)", "a(b)", "x = 1", "x = 2", "", "  )", "`", "f(x,", "'"))
      .map((lines) => lines.join("\n"));
    fc.assert(
      fc.property(source, source, (before, after) => {
        const text = sentence(before, after);
        expect(text === "" || text.endsWith(".")).toBe(true);
        expect(text).not.toContain("\n");
      }),
    );
  });
});

describe("fixKey", () => {
  it("is equal for the same fix in programs with other names", () => {
    expect(key("tl.load(p + c)", "tl.load(p + c, mask=c < n)")).toBe(
      key("tl.load(q)", "tl.load(q, mask=ok)"),
    );
    expect(key("a", "a\nx = x.contiguous()")).toBe(key("b", "b\nrow = row.contiguous()"));
    expect(key("def f(x)", "def f(x):")).toBe(key("def g(a, b)", "def g(a, b):"));
  });

  it("differs where a number, a name of an interface or the direction differs", () => {
    const stages = (from: number, to: number): string =>
      key(`k(x, num_stages=${from})`, `k(x, num_stages=${to})`);
    expect(stages(8, 2)).not.toBe(stages(8, 3));
    expect(stages(8, 2)).not.toBe(stages(2, 8));
    expect(key("tl.load(p)", "tl.load(p, other=0.0)")).not.toBe(key("tl.load(p)", "tl.load(p, other=1.0)"));
    expect(key("tl.load(p)", "tl.load(p, mask=m)")).not.toBe(key("tl.store(p)", "tl.store(p, mask=m)"));
  });
});

it("withoutOwnNames keeps what means the same in other programs", () => {
  expect(withoutOwnNames("set `BLOCK` to `triton.cdiv(rows, 4)` in words")).toBe(
    "set `_` to `triton.cdiv(_, 4)` in words",
  );
  expect(withoutOwnNames('add `other=float("-inf")`')).toBe('add `other=float("-inf")`');
});
