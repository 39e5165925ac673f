import fc from "fast-check";
import { describe, expect, it } from "vitest";
import "../../test/property-seed.ts";
import { type Check, checkSchema, checkText, needOf, runCheck, schemaProblem } from "./check.ts";

async function passes(check: Check, answer: string): Promise<boolean> {
  return (await runCheck(check, answer)).passed;
}

describe("a check of words", () => {
  it("finds a text, and its absence", async () => {
    const check: Check = { kind: "contains", text: "num_warps=8" };
    expect(await runCheck(check, "Use num_warps=8.")).toEqual({
      passed: true,
      evidence: 'The answer contains "num_warps=8" at character 5.',
    });
    expect(await passes(check, "Use NUM_WARPS=8.")).toBe(false);
    expect(await passes({ ...check, ignore_case: true }, "Use NUM_WARPS=8.")).toBe(true);
    expect(await passes({ ...check, kind: "not-contains" }, "Use num_warps=8.")).toBe(false);
    expect(await passes({ ...check, kind: "not-contains" }, "Use more warps.")).toBe(true);
  });

  it("takes equal text whatever its line ends and the blanks around it", async () => {
    const check: Check = { kind: "equals", text: "a\nb\n" };
    expect(await passes(check, "  a\r\nb")).toBe(true);
    expect(await passes(check, "a b")).toBe(false);
    expect(await passes({ kind: "equals", text: "" }, "\n")).toBe(true);
  });

  it("agrees with its opposite about every answer", async () => {
    const text = fc.string({ minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(text, fc.string(), fc.boolean(), async (part, answer, ignore_case) => {
        const [one, other] = await Promise.all([
          passes({ kind: "contains", text: part, ignore_case }, answer),
          passes({ kind: "not-contains", text: part, ignore_case }, answer),
        ]);
        expect(one).toBe(!other);
      }),
    );
  });
});

describe("a check by pattern", () => {
  it("matches with its flags", async () => {
    expect(await passes({ kind: "regex", pattern: "^use \\d+ warps", flags: "im" }, "So:\nUse 8 warps")).toBe(
      true,
    );
    expect(await passes({ kind: "regex", pattern: "^use \\d+ warps" }, "So:\nUse 8 warps")).toBe(false);
  });

  it("ends when it takes too long, and did not pass then", async () => {
    const check: Check = { kind: "regex", pattern: "^(a+)+$" };
    const { passed, evidence } = await runCheck(check, `${"a".repeat(40)}b`);
    expect(passed).toBe(false);
    expect(evidence).toContain("takes too long");
  });

  it("is refused when it is none, or has flags that keep a state", () => {
    for (const bad of [
      { kind: "regex", pattern: "(" },
      { kind: "regex", pattern: "a", flags: "g" },
      { kind: "regex", pattern: "a", flags: "ii" },
    ])
      expect(checkSchema.safeParse(bad).success).toBe(false);
  });
});

describe("a check by JSON Schema", () => {
  const check: Check = {
    kind: "json-schema",
    schema: { type: "object", properties: { warps: { type: "integer", minimum: 4 } }, required: ["warps"] },
  };

  it("finds the JSON in an answer, and says what does not fit", async () => {
    expect(await passes(check, '{"warps": 8}')).toBe(true);
    expect(await passes(check, 'So:\n```json\n{"warps": 8}\n```\nDone.')).toBe(true);
    expect(await runCheck(check, '{"warps": 2}')).toMatchObject({
      passed: false,
      evidence: expect.stringContaining("warps must be >= 4"),
    });
    expect((await runCheck(check, "eight")).evidence).toContain("is no JSON");
  });

  it("reads older and newer drafts", async () => {
    const draft = "https://json-schema.org/draft/2020-12/schema";
    const pairs: Check = {
      kind: "json-schema",
      schema: { $schema: draft, type: "array", prefixItems: [{ type: "string" }], items: false },
    };
    expect(await passes(pairs, '["a"]')).toBe(true);
    expect(await passes(pairs, '["a", 1]')).toBe(false);
  });

  it("did not pass when its schema cannot be used, or has a pattern that takes too long", async () => {
    const broken: Check = { kind: "json-schema", schema: { type: "nothing" } };
    expect((await runCheck(broken, "{}")).evidence).toContain("cannot be used");
    expect(await schemaProblem({ type: "nothing" })).toBeDefined();
    expect(await schemaProblem({ type: "object" })).toBeUndefined();
    const slow: Check = { kind: "json-schema", schema: { type: "string", pattern: "^(a+)+$" } };
    expect((await runCheck(slow, `"${"a".repeat(40)}b"`)).evidence).toContain("takes too long");
  });
});

describe("what an agent left", () => {
  const files = new Map([
    ["out.txt", { bytes: 6, sha256: "a".repeat(64), text: "a\r\nbc\n" }],
    ["image", { bytes: 9, sha256: null, text: null }],
  ]);
  const calls = [{ tool: "read_file", said: '{"path":"a \\"b\\""}\na "b"', values: ['a "b"'] }];

  it("has produced files, with or without a text in them", async () => {
    const produced = async (path: string, contains?: string): Promise<boolean> => {
      const check: Check = { kind: "file-produced", path, ...(contains === undefined ? {} : { contains }) };
      return (await runCheck(check, "", { files })).passed;
    };
    expect(await produced("out.txt")).toBe(true);
    expect(await produced("out.txt", "a\nb")).toBe(true);
    expect(await produced("out.txt", "A")).toBe(false);
    expect(await produced("other.txt")).toBe(false);
    expect(await produced("image", "a")).toBe(false);
  });

  it("has called tools, or has not", async () => {
    const called = async (check: Omit<Extract<Check, { kind: "tool-call" }>, "kind">) =>
      (await runCheck({ kind: "tool-call", ...check }, "", { calls })).passed;
    expect(await called({ name: "^read" })).toBe(true);
    expect(await called({ name: "^read", argument: 'a "b"' })).toBe(true);
    expect(await called({ name: "^read", argument: "c" })).toBe(false);
    expect(await called({ name: "write" })).toBe(false);
    expect(await called({ name: "write", not: true })).toBe(true);
    expect(await called({ name: "read", not: true })).toBe(false);
  });

  it("passes no check on what was not there to be looked at", async () => {
    const checks: Check[] = [
      { kind: "file-produced", path: "out.txt" },
      { kind: "tool-call", name: "read", not: true },
      { kind: "script", path: "evals/check.sh" },
    ];
    for (const check of checks) expect((await runCheck(check, "out.txt")).passed).toBe(false);
    expect(checks.map((check) => needOf([check]))).toEqual(["workspace", "trace", undefined]);
  });

  it("is asked for by paths that stay where they are", () => {
    for (const path of ["../out.txt", "/etc/passwd", "a/../b", ""])
      expect(checkSchema.safeParse({ kind: "file-produced", path }).success).toBe(false);
    expect(checkSchema.safeParse({ kind: "script", path: "scripts/check.sh" }).success).toBe(false);
    expect(checkSchema.safeParse({ kind: "tool-call", name: "(" }).success).toBe(false);
  });
});

it("has words of its own: checks with equal words ask for the same", () => {
  const word = fc.constantFrom("a", 'a"', "a b", "A");
  const check: fc.Arbitrary<Check> = fc.oneof(
    fc.record({ kind: fc.constantFrom("contains" as const, "not-contains" as const), text: word }),
    fc.record({ kind: fc.constant("contains" as const), text: word, ignore_case: fc.constant(true) }),
    fc.record({ kind: fc.constant("equals" as const), text: word }),
    fc.record({ kind: fc.constant("regex" as const), pattern: word }),
    fc.record({ kind: fc.constant("file-produced" as const), path: word }),
    fc.record({ kind: fc.constant("file-produced" as const), path: word, contains: word }),
    fc.record({ kind: fc.constant("tool-call" as const), name: word }),
    fc.record({ kind: fc.constant("tool-call" as const), name: word, not: fc.constant(true) }),
    fc.record({ kind: fc.constant("tool-call" as const), name: word, argument: word }),
    fc.record({ kind: fc.constant("script" as const), path: word }),
    fc.record({ kind: fc.constant("regex" as const), pattern: word, flags: fc.constantFrom("i", "m") }),
  );
  fc.assert(
    fc.property(check, check, (one, other) => {
      expect(checkText(one) === checkText(other)).toBe(JSON.stringify(one) === JSON.stringify(other));
    }),
    { numRuns: 500 },
  );
});
