import { assert, property, string } from "fast-check";
import { expect, test } from "vitest";
import { atomsOf, compareCode } from "./code-change.ts";
import { unnamedPlaces } from "./change-lines.ts";
import { changeInstruction, changeNoun, changeTitle } from "./change-words.ts";
import { diffExcerpt } from "./diff-excerpt.ts";
import { readCodeFacts } from "./code-facts.ts";

const launch = (settings: string): string => `def forward(x):\n    kernel[grid](x, out, n, ${settings})\n`;

test("names a launch setting with its old and new value", () => {
  const change = compareCode(launch("BLOCK_SIZE=256, num_warps=4"), launch("BLOCK_SIZE=1024, num_warps=4"));
  expect(change.settings).toEqual([{ owner: "", name: "BLOCK_SIZE", from: "256", to: "1024" }]);
  expect(changeTitle(change)).toBe("Set `BLOCK_SIZE` to `1024`");
  expect(changeNoun(change)).toBe("`BLOCK_SIZE` `1024` instead of `256`");
});

test("names an argument of an API by the call that takes it", () => {
  const change = compareCode(
    "x = tl.load(p, mask=m)\n",
    'x = tl.load(p, mask=m, eviction_policy="evict_first")\n',
  );
  expect(changeTitle(change)).toBe('Set `eviction_policy` of `tl.load` to `"evict_first"`');
});

test("names calls that replace one another", () => {
  const change = compareCode(
    "import triton.language as tl\ny = tl.exp(x)\n",
    "import triton.language as tl\ny = tl.exp2(x * 1.4427)\n",
  );
  expect(changeInstruction(change)).toBe("use `tl.exp2` instead of `tl.exp`.");
});

test("reads device code inside a Python string", () => {
  const source = (unroll: string, size: number): string =>
    `src = """\n#include <cuda.h>\n__global__ void k(float* x) {\n  __shared__ float buf[${size}];\n${unroll}  for (int i = 0; i < 8; i += 2) { x[i] = __ldg(x); }\n}\n"""\n`;
  const change = compareCode(source("", 256), source("  #pragma unroll 4\n", 512));
  expect(change.constructsAdded).toEqual(["#pragma unroll 4"]);
  expect(change.settings).toEqual([{ owner: "", name: "buf[]", from: "256", to: "512" }]);
});

test("says the same of the same change wherever it was made", () => {
  const one = compareCode(launch("num_warps=4"), launch("num_warps=8"));
  const other = compareCode(`y = 1\n${launch("num_warps=4, X=1")}`, `y = 1\n${launch("num_warps=8, X=1")}`);
  const back = compareCode(launch("num_warps=8"), launch("num_warps=4"));
  expect([...atomsOf(one).keys()]).toEqual([...atomsOf(other).keys()]);
  expect([...atomsOf(one).keys()]).not.toEqual([...atomsOf(back).keys()]);
});

test("names the changed lines where nothing in them has a name", () => {
  const change = compareCode("y = x / s\n", "y = x * r\n");
  expect(atomsOf(change).size).toBe(0);
  const lines = unnamedPlaces("@@ -1 +1 @@\n-y = x / s\n+y = x * r", change);
  expect(changeTitle({ ...change, lines })).toBe("Write `y = x * r` instead of `y = x / s`");
});

test("a use more or less of a value that stays is no change of a setting", () => {
  const load = (count: number): string =>
    "import triton.language as tl\n" + "x = tl.load(p, other=0.0)\n".repeat(count);
  expect(compareCode(load(3), load(2)).settings).toEqual([]);
  expect(compareCode(load(2), "import triton.language as tl\nx = tl.load(p)\n").settings).toEqual([
    { owner: "tl.load", name: "other", from: "0.0", to: null },
    { owner: "tl.load", name: "other", from: "0.0", to: null },
  ]);
});

test("a trace cannot break out of a code span", () => {
  const change = compareCode("f(a='x')\n", "f(a='`` @team')\n");
  expect(changeTitle(change)).toContain("``` '`` @team' ```");
});

test("reads any text without throwing", () => {
  assert(
    property(string(), string(), (before, after) => {
      readCodeFacts(before, "c");
      changeTitle(compareCode(before, after));
    }),
  );
});

test("stays short whatever a change holds", () => {
  const settings = (value: number): string =>
    `k[g](${Array.from({ length: 60 }, (_, index) => `SETTING_WITH_A_LONG_NAME_${index}=${value}`).join(", ")})\n`;
  const change = compareCode(settings(1), settings(2));
  expect(changeInstruction(change).length).toBeLessThan(600);
  const line = "x".repeat(5000);
  const excerpt = diffExcerpt(`@@ -1 +1 @@\n-${line}\n+${line}y`, [], 24);
  expect(Math.max(...excerpt.split("\n").map((text) => text.length))).toBeLessThan(210);
});
