import { expect, it } from "vitest";
import { errorTitle } from "./error-title.ts";

it.each([
  ["ValueError: arange's range must be a power of 2", "arange's range must be a power of 2"],
  ["SyntaxError: expected ':'", "SyntaxError: expected ':'"],
  [
    "triton.runtime.errors.OutOfResources: out of resource: shared memory, Required: 262144, Hardware limit: 232448. Reducing helps.",
    "out of resource: shared memory",
  ],
  ["AssertionError: max_abs_err=3.9, err_cnt=12/99", "max_abs_err, err_cnt"],
  ["/home/u/k.cu(12): error: too few arguments", "too few arguments"],
  ["RuntimeError: 262144", "RuntimeError"],
])("makes a title of %s", (line, title) => {
  expect(errorTitle(line)).toBe(title);
});

it("cuts a long message at a word", () => {
  const title = errorTitle(`ValueError: ${"many words ".repeat(20)}`);
  expect(title.length).toBeLessThanOrEqual(90);
  expect(title).toMatch(/(?:many|words)\.\.\.$/);
});

it("keeps a placeholder whole, or leaves it out", () => {
  expect(errorTitle("RuntimeError: cannot open [secret:github-token:12] in the pool")).toBe(
    "cannot open [secret:github-token:12] in the pool",
  );
  const cut = errorTitle(`ValueError: ${"many words ".repeat(7)}and [secret:github-token:1] behind them`);
  expect(cut).not.toMatch(/\[secret(?!:github-token:1\])/);
});
