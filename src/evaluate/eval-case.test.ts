import fc from "fast-check";
import { describe, expect, it } from "vitest";
import "../../test/property-seed.ts";
import { sha256 } from "../digest.ts";
import type { Check } from "./check.ts";
import {
  type EvalCase,
  type EvalSuite,
  parseEvalSuite,
  plainPrompt,
  withNewCases,
  writeEvalSuite,
} from "./eval-case.ts";

function parse(value: unknown): EvalSuite {
  return parseEvalSuite(JSON.stringify(value), "evals/evals.json");
}

const check: fc.Arbitrary<Check> = fc.oneof(
  fc.record({ kind: fc.constant("contains" as const), text: fc.string({ minLength: 1 }) }),
  fc.record({
    kind: fc.constant("not-contains" as const),
    text: fc.string({ minLength: 1 }),
    ignore_case: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant("regex" as const),
    pattern: fc.constantFrom("a+", "^b$"),
    flags: fc.constant("i"),
  }),
  fc.record({ kind: fc.constant("equals" as const), text: fc.string() }),
  fc.record({
    kind: fc.constant("json-schema" as const),
    schema: fc.constantFrom(true, { type: "object" }, { enum: [1, "a", null] }),
  }),
);

const path = fc.constantFrom("evals/files/a.csv", "b.json", "evals/files/deep/c.txt");
const evalCase: fc.Arbitrary<Omit<EvalCase, "id">> = fc.record(
  {
    name: fc.string({ maxLength: 40 }),
    prompt: fc.string({ minLength: 1 }),
    expectedOutput: fc.string(),
    files: fc.uniqueArray(path),
    inputs: fc.dictionary(path, fc.string(), { noNullPrototype: true }),
    assertions: fc.uniqueArray(fc.constantFrom("It is short.", "It names a file.", "")),
    checks: fc.array(check, { maxLength: 3 }),
    split: fc.constantFrom("development" as const, "held-out" as const),
    mustPass: fc.boolean(),
    traces: fc.uniqueArray(fc.constantFrom(sha256("a"), sha256("b"))),
    others: fc.dictionary(fc.constantFrom("environment", "weight"), fc.jsonValue(), {
      noNullPrototype: true,
    }),
  },
  {
    requiredKeys: [
      "prompt",
      "expectedOutput",
      "files",
      "inputs",
      "assertions",
      "checks",
      "mustPass",
      "traces",
      "others",
    ],
  },
);

const suite: fc.Arbitrary<EvalSuite> = fc.record({
  skillName: fc.string({ maxLength: 64 }),
  cases: fc
    .array(evalCase, { minLength: 1, maxLength: 5 })
    .map((cases) => cases.map((one, index) => ({ ...one, id: index % 2 === 0 ? index : `case-${index}` }))),
  dialect: fc.constantFrom("assertions", "expectations", "both"),
  others: fc.dictionary(fc.constantFrom("version", "defaults"), fc.jsonValue(), { noNullPrototype: true }),
});

it("reads back what it writes, in every dialect", () => {
  fc.assert(
    fc.property(suite, (given) => {
      const written = writeEvalSuite(given);
      // JSON knows no negative zero.
      const plain = JSON.parse(JSON.stringify(given)) as EvalSuite;
      expect(parseEvalSuite(written, "f")).toEqual(plain);
      expect(writeEvalSuite(parseEvalSuite(written, "f"))).toBe(written);
    }),
  );
});

describe("a file of eval cases", () => {
  const bare = { prompt: "Why is it slow?", expected_output: "It reads each row twice." };

  it("is read in the words of the guide and in those of skill-creator", () => {
    const said = ["It names the second pass."];
    const guide = parse({ skill_name: "rows", evals: [{ id: 1, ...bare, assertions: said }] });
    const creator = parse({ skill_name: "rows", evals: [{ id: 1, ...bare, expectations: said }] });
    expect(guide.cases).toEqual(creator.cases);
    expect(guide.cases[0]).toMatchObject({ prompt: bare.prompt, assertions: said, checks: [] });
    expect([guide.dialect, creator.dialect]).toEqual(["assertions", "expectations"]);
    expect(JSON.parse(writeEvalSuite(creator))).toMatchObject({ evals: [{ expectations: said }] });
  });

  it("may lack ids, and keeps the keys of other programs", () => {
    const given = {
      skill_name: "rows",
      version: 2,
      evals: [bare, { ...bare, environment: { gpu: "h100" } }],
    };
    const read = parse(given);
    expect(read.cases.map(({ id }) => id)).toEqual([1, 2]);
    expect(JSON.parse(writeEvalSuite(read))).toMatchObject({
      version: 2,
      evals: [{ id: 1 }, { id: 2, environment: { gpu: "h100" } }],
    });
  });

  it("says its checks among the assertions too, and takes them for nothing else when it is read", () => {
    const read = parse({
      evals: [
        { ...bare, assertions: ["It is kind."], overproof: { checks: [{ kind: "contains", text: "row" }] } },
      ],
    });
    expect(JSON.parse(writeEvalSuite(read))).toMatchObject({
      evals: [{ assertions: ['The answer contains "row".', "It is kind."] }],
    });
    expect(parse(JSON.parse(writeEvalSuite(read))).cases[0]?.assertions).toEqual(["It is kind."]);
  });

  it.each([
    ["no JSON", "{", "is not JSON"],
    ["no cases", "{}", "evals"],
    ["an empty prompt", '{"evals":[{"prompt":""}]}', "prompt"],
    ["two ids", '{"evals":[{"id":1,"prompt":"a"},{"id":1,"prompt":"b"}]}', "two cases with the id 1"],
    ["a file outside", '{"evals":[{"prompt":"a","files":["../../key"]}]}', "no path inside"],
    ["a file by root", '{"evals":[{"prompt":"a","files":["/etc/passwd"]}]}', "no path inside"],
    ["an unknown check", '{"evals":[{"prompt":"a","overproof":{"checks":[{"kind":"run"}]}}]}', "checks"],
    ["a misspelt key of ours", '{"evals":[{"prompt":"a","overproof":{"spilt":"held-out"}}]}', "spilt"],
    ["another split", '{"evals":[{"prompt":"a","overproof":{"split":"test"}}]}', "split"],
  ])("is refused with %s", (_, json, reason) => {
    expect(() => parseEvalSuite(json, "skills/a/evals/evals.json")).toThrow(
      expect.objectContaining({ name: "Failure", exitCode: 2, message: expect.stringContaining(reason) }),
    );
  });
});

describe("new cases", () => {
  const one = {
    expectedOutput: "",
    files: [],
    inputs: {},
    assertions: [],
    checks: [],
    mustPass: false,
    traces: [],
    others: {},
  };

  it("get the next numbers, and leave out prompts that are there", () => {
    const known = [
      { ...one, id: "a", prompt: "First?" },
      { ...one, id: 7, prompt: "Second?" },
    ];
    const added = [" second? ", "Third?", "third?", "Fourth?"].map((prompt) => ({ ...one, prompt }));
    const cases = withNewCases(known, added);
    expect(cases.map(({ id, prompt }) => [id, prompt])).toEqual([
      ["a", "First?"],
      [7, "Second?"],
      [8, "Third?"],
      [9, "Fourth?"],
    ]);
    expect(new Set(cases.map(({ prompt }) => plainPrompt(prompt))).size).toBe(4);
  });
});
