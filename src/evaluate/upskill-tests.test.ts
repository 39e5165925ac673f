import fc from "fast-check";
import { expect, it } from "vitest";
import "../../test/property-seed.ts";
import { parseSkillMeta, parseUpskillTests, writeSkillMeta } from "./upskill-tests.ts";

// As upskill's own writer leaves it: every null present.
const meta = {
  metadata: {
    version: "1.0",
    generated_by: "upskill",
    generated_at: "2026-02-01T10:00:00",
    source_task: "write CUDA kernels",
    test_pass_rate: null,
    license: null,
    compatibility: null,
  },
  tests: [
    {
      input: "Which header holds the runtime?",
      context: null,
      expected: { contains: ["cuda_runtime.h"] },
      output_file: null,
      validator: null,
      validator_config: null,
    },
    {
      input: "Fix it.",
      context: { files: { "kernel.cu": "__global__" } },
      expected: { contains: ["a", "b"] },
      output_file: "kernel.cu",
      validator: "compiles",
      validator_config: { arch: 90, strict: true },
    },
  ],
};

it("reads skill_meta.json, and writes it back as it was", () => {
  const json = `${JSON.stringify(meta, null, 2)}\n`;
  const { metadata, cases } = parseSkillMeta(json, "skill_meta.json");
  expect(cases[0]).toMatchObject({
    id: 1,
    prompt: "Which header holds the runtime?",
    checks: [{ kind: "contains", text: "cuda_runtime.h", ignore_case: true }],
    assertions: [],
  });
  expect(cases[1]?.inputs).toEqual({ "kernel.cu": "__global__" });
  expect(writeSkillMeta(metadata, cases)).toEqual({ text: json, leftOut: 0 });
});

it("reads tests.json in both of its forms, and one text for a list of one", () => {
  const test = { input: "Q?", expected: { contains: ["x"] } };
  const list = parseUpskillTests(JSON.stringify([test]), "tests.json");
  expect(parseUpskillTests(JSON.stringify({ cases: [test] }), "tests.json")).toEqual(list);
  for (const expected of ["x", ["x"], { contains: "x" }]) {
    expect(parseUpskillTests(JSON.stringify([{ input: "Q?", expected }]), "tests.json")).toEqual(list);
  }
});

it("mirrors what upskill has words for, and counts the rest", () => {
  const { metadata, cases } = parseSkillMeta('{"tests":[{"input":"Q?","expected":["x"]}]}', "f");
  expect(metadata).toMatchObject({ version: "1.0", generated_by: null });
  const regex = { kind: "regex", pattern: "x" } as const;
  const more = cases.flatMap((one) => [
    { ...one, checks: [...one.checks, regex] },
    { ...one, id: 2, checks: [regex] },
  ]);
  const written = writeSkillMeta(metadata, more);
  expect(written.leftOut).toBe(1);
  expect(parseSkillMeta(written.text, "f").cases).toEqual(cases);
});

it.each(["{", "[]", '{"tests":[{"input":"Q?"}]}', '{"tests":[{"input":"","expected":["x"]}]}'])(
  "refuses %s",
  (json) => {
    expect(() => parseSkillMeta(json, "skill_meta.json")).toThrow(
      expect.objectContaining({
        name: "Failure",
        exitCode: 2,
        message: expect.stringContaining("skill_meta.json"),
      }),
    );
  },
);

it("refuses a name of an input that leads out of the folder", () => {
  const test = { input: "Q?", expected: ["x"], context: { files: { "../key": "" } } };
  expect(() => parseUpskillTests(JSON.stringify([test]), "f")).toThrow(
    expect.objectContaining({ exitCode: 2 }),
  );
});

it("reads back what it writes", () => {
  const text = fc.string({ minLength: 1 });
  const test = fc.record({
    input: text,
    expected: fc.record({ contains: fc.array(text, { minLength: 1 }) }),
  });
  fc.assert(
    fc.property(fc.array(test), (tests) => {
      const { metadata, cases } = parseSkillMeta(JSON.stringify({ tests }), "f");
      const written = writeSkillMeta(metadata, cases);
      expect(parseSkillMeta(written.text, "f")).toEqual({ metadata, cases });
    }),
  );
});
