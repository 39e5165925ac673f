import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { dslKey, hardwareOf, longestName, nameProblems, sanitizeName } from "./skill-name.ts";

const prefixes = ["case", "exp", "fix", "merged"] as const;
const nameVectors = z.object({
  vectors: z.array(
    z.object({
      input: z.object({
        name: z.string(),
        op_name: z.string(),
        dsl: z.string(),
        fallback_prefix: z.enum(prefixes),
      }),
      expected: z.string(),
    }),
  ),
});
const archVectors = z.object({
  vectors: z.array(z.object({ input: z.object({ arch: z.string() }), expected: z.string() })),
});

function vectorFile(name: string): unknown {
  const path = join(import.meta.dirname, `../../test/fixtures/akg/vectors/${name}.json`);
  return JSON.parse(readFileSync(path, "utf8"));
}

test.each(nameVectors.parse(vectorFile("sanitize_name")).vectors)(
  "makes the same name as AKG of $input.name",
  ({ input, expected }) => {
    const { name, op_name: op, dsl, fallback_prefix: prefix } = input;
    expect(sanitizeName(name, { dsl, prefix, op })).toBe(expected.slice(0, longestName));
  },
);

test.each(archVectors.parse(vectorFile("arch_to_hardware")).vectors)(
  "knows the hardware of $input.arch",
  ({ input, expected }) => {
    expect(hardwareOf(input.arch)).toBe(expected);
  },
);

test("knows the products of the Ascend chips", () => {
  expect(["ascend910b4", "ascend910_9391", "ascend950pr_9599", "ascend310p3"].map(hardwareOf)).toEqual([
    "Atlas A2",
    "Atlas A3",
    "Atlas A5",
    "300I Duo",
  ]);
});

test("writes the DSL as names do", () => {
  expect(dslKey("Triton_CUDA")).toBe("triton-cuda");
  for (const [dsl, key] of [
    ["../../../evil", "evil"],
    ["/etc", "etc"],
    ["a/b", "a-b"],
    ["x\n## Foo", "x-foo"],
    ["..", ""],
    ["\u001b[2J", "2j"],
  ] as const) {
    expect(dslKey(dsl)).toBe(key);
  }
});

test("cuts a long name at a hyphen in its second half, else at 64 characters", () => {
  const fallback = { dsl: "triton_cuda", prefix: "case", op: "relu" } as const;
  const words = "triton-cuda-case-reduction-of-very-wide-rows-with-several-blocks-per-row";
  expect(sanitizeName(words, fallback)).toBe(
    "triton-cuda-case-reduction-of-very-wide-rows-with-several-blocks",
  );
  expect(sanitizeName(`${words.slice(0, 60)}xxxxxxxx`, fallback)).toBe(
    "triton-cuda-case-reduction-of-very-wide-rows-with-several",
  );
  expect(sanitizeName(`a-${"b".repeat(80)}`, fallback)).toBe(`a-${"b".repeat(62)}`);
});

test("always makes a name that the specification accepts and that stays in its folder", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 90 }),
    fc.constantFrom("", "../../etc/passwd", "..", "/", "--", "归约", "\u0130", "K"),
    fc.stringMatching(/^[A-Za-z0-9_./ -]{0,90}$/),
  );
  fc.assert(
    fc.property(text, text, text, fc.constantFrom(...prefixes), (name, dsl, op, prefix) => {
      const made = sanitizeName(name, { dsl, prefix, op });
      expect(nameProblems(made, 1)).toEqual([]);
      expect(sanitizeName(made, { dsl, prefix, op })).toBe(made);
    }),
  );
});
