import fc from "fast-check";
import { describe, expect, test } from "vitest";
import "../../test/property-seed.ts";
import type { Evidence } from "../evidence/evidence.ts";
import { failureName, gainWords, quotedWords, shownCode } from "./session-words.ts";

const item = (known: Partial<Evidence>): Evidence => ({
  id: "0a1b2c3d:fix-1",
  kind: "fix",
  trace: "",
  places: [],
  summary: "",
  ...known,
});

describe("words of a trace", () => {
  test("lose what is of one machine or person only", () => {
    expect(
      quotedWords("In /home/alice/k and C:\\Users\\bob\\k, by bob@x.org, see https://x.org/y now."),
    ).toBe('"In ~/k and ~\\k, by (address), see (address) now."');
    expect(shownCode("CUDA_HOME=/usr/local/cuda-12.4 /tmp/run-1/a/build.sh")).toBe(
      "`CUDA_HOME=/usr/local/cuda-12.4 build.sh`",
    );
  });

  test("are cut between words, and hold no markup outside of code", () => {
    expect(quotedWords("one two three four", 12)).toBe('"one two..."');
    expect(quotedWords("<b>a</b> [x](y) `<T>` a < b")).toBe('"\\<b>a\\</b> \\[x](y) `<T>` a < b"');
    expect(quotedWords("an `open span")).toBe(`"an 'open span"`);
  });

  test("stay on one line and within their bound", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 200 }),
        fc.integer({ min: 10, max: 80 }),
        (text, limit) => {
          const shown = quotedWords(text, limit);
          expect(shown).not.toContain("\n");
          expect(shown.replaceAll("\\", "").length).toBeLessThanOrEqual(limit + 2);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("the name of a failure", () => {
  test.each([
    ["RuntimeError: CUDA error: no kernel image is available", "CUDA error: no kernel image is available"],
    ['<path>(<num>): error: identifier "__half" is undefined', 'error: identifier "__half" is undefined'],
    [
      "AssertionError: Tensor-likes are not close!\nGreatest absolute difference: nan",
      "Greatest absolute difference: nan",
    ],
    ["Required: <num>, Hardware limit: <num>", "Required: ..., Hardware limit: ..."],
    ["KeyError: 'x'", "KeyError: 'x'"],
    ["", ""],
  ])("%s", (signature, name) => {
    expect(failureName(item({ signature }))).toBe(name);
  });
});

test("a gain is told as share and figures in the units that people read", () => {
  const metric = { name: "triton", unit: "us", before: 3124.9, after: 61.2, better: "low" as const };
  expect(gainWords(item({ metric }))).toBe("98.0 % less time: `triton` 3.125 ms became 61.2 us");
  expect(
    gainWords(
      item({ metric: { ...metric, name: "", unit: "GB/s", before: 921, after: 2712, better: "high" } }),
    ),
  ).toBe("2.94 times as much: 921 GB/s became 2712 GB/s");
  expect(gainWords(item({ metric: { ...metric, before: 40, after: 60 } }))).toContain("50.0 % more time");
});
