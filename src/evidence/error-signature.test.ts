import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { errorSignature, maskedLine } from "./error-signature.ts";

/** Any UTF-16 units, halves of characters too. */
const anyText = fc.uint16Array({ maxLength: 40 }).map((units) => String.fromCharCode(...units));

describe("errorSignature", () => {
  it("takes the last exception of a traceback, with figures masked", () => {
    const log = [
      "Traceback (most recent call last):",
      '  File "verify_softmax.py", line 118, in <module>',
      "    impl_output = impl_model(*inputs)",
      "triton.compiler.errors.CompilationError: at 6:11:",
      "    cols = tl.arange(0, BLOCK_SIZE)",
      "           ^",
      "ValueError: arange's range must be a power of 2",
      "",
    ].join("\n");
    expect(errorSignature(log)).toEqual({
      signature: "ValueError: arange's range must be a power of <num>",
      lines: ["ValueError: arange's range must be a power of 2"],
      score: 100,
    });
  });

  it("finds an error before thousands of warnings, and behind terminal colours", () => {
    const noise = "cuda.cu(17): warning #177-D: variable was declared but never referenced\n".repeat(5000);
    const log = `\u001B[31mk.cu(12): error: identifier "foo" is undefined\u001B[0m\n${noise}ninja: build stopped: subcommand failed.\nRuntimeError: Error building extension 'k'\n`;
    expect(errorSignature(log).lines).toEqual(['k.cu(12): error: identifier "foo" is undefined']);
    expect(errorSignature(log).signature).toBe('<path>: error: identifier "foo" is undefined');
  });

  it("tells a comparison that failed with nan from one with numbers", () => {
    const failed = (worst: string): string =>
      `E       AssertionError: Tensor-likes are not close!\nE       Mismatched elements: 12 / 100 (12.0%)\nE       Greatest absolute difference: ${worst} at index (0, 3)\nFAILED tests/test_a.py::test - AssertionError`;
    expect(errorSignature(failed("nan")).signature).toBe(
      "AssertionError: Tensor-likes are not close!\nGreatest absolute difference: nan at index (<nums>)",
    );
    expect(errorSignature(failed("3.5")).signature).not.toContain("nan");
  });

  it("is the same for the same failure at other places, times and addresses", () => {
    const failed = (at: string, address: string, size: number): string =>
      `2026-03-02T09:00:${size} ${at}:${size}: fatal error: cannot map 0x${address} of ${size} bytes in _ZN2at${address}E`;
    expect(errorSignature(failed("/home/u/a.cu", "7fffa0", 12)).signature).toBe(
      errorSignature(failed("/data/x/b.cu", "7ffe11", 48)).signature,
    );
  });

  it("keeps names that tell errors apart", () => {
    const [one, other] = ["sm_90", "sm_80"].map(
      (arch) => errorSignature(`ptxas fatal : error: value '${arch}' is not defined`).signature,
    );
    expect(one).not.toBe(other);
  });

  it.each([
    ["bash: nvcc: command not found", 50],
    ["thread 'main' panicked at src/main.rs:5:10", 80],
    ["src/main.rs:3:5: error[E0308]: mismatched types", 90],
    ["make: *** [Makefile:12: all] Error 2", 8],
    ["something else went on", 1],
  ])("scores %s by what kind of line it is", (line, score) => {
    expect(errorSignature(`first line\n${line}\n`).score).toBe(score);
  });

  it("has nothing to say about nothing", () => {
    expect(errorSignature("\n  \n")).toEqual({ signature: "", lines: [], score: 0 });
  });

  it("throws for no text, and its lines stand in the text", () => {
    const word = fc.constantFrom(
      "Error:",
      "Traceback (most recent call last):",
      "0x1f",
      "/a/b.py",
      "nan",
      "\n",
      " ",
      "é",
      "=1",
    );
    const text = fc.oneof(
      anyText,
      fc.array(word).map((words) => words.join("")),
    );
    fc.assert(
      fc.property(text, (log) => {
        const { signature, lines, score } = errorSignature(log);
        expect(lines.length).toBe(signature === "" ? lines.length : signature.split("\n").length);
        expect(score > 0).toBe(lines.length > 0);
      }),
    );
  });

  it("takes a line of millions of characters in its stride", () => {
    const start = performance.now();
    errorSignature(`${"a/".repeat(2_000_000)}\n${"=".repeat(2_000_000)}\nError: x`);
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});

describe("maskedLine", () => {
  it.each([
    ["max 0.0 of 12 at 1.5e-3", "max <zero> of <num> at <num>"],
    ["shape [1024, 768] and 3 x 4", "shape [<nums>] and <nums>"],
    ["in ./src/a.py:33:5: no", "in <path>: no"],
    ["got NaN and -inf", "got nan and inf"],
    ["took 12ms for 2KB on sm_90a", "took <num>ms for <num>KB on sm_90a"],
    ["see https://x.example/a?b=1", "see <url>=<num>"],
    ["commit 1a2b3c4d5e6f at 09:00:47.372", "commit <hex> at <time>"],
  ])("masks %s", (line, masked) => {
    expect(maskedLine(line)).toBe(masked);
  });

  it("changes nothing that it masked before", () => {
    fc.assert(
      fc.property(anyText, (line) => {
        const masked = maskedLine(line);
        expect(maskedLine(masked)).toBe(masked);
      }),
    );
  });
});
