import { z } from "zod";
import { parsedJson } from "../files/parsed-json.ts";
import { entryNameProblem } from "../files/zip-entry-name.ts";
import type { EvalCase } from "./eval-case.ts";

/** The `metadata` of upskill's `skill_meta.json`; null where it is not known. */
export interface SkillMeta {
  version: string;
  generated_by: string | null;
  /** An ISO date and time. */
  generated_at: string | null;
  source_task: string | null;
  /** 0 to 1. */
  test_pass_rate: number | null;
  license: string | null;
  compatibility: string | null;
}

const line = z.string().nullable().default(null);
const metaSchema = z
  .object({
    version: z.string().default("1.0"),
    generated_by: line,
    generated_at: line,
    source_task: line,
    test_pass_rate: z.number().nullable().default(null),
    license: line,
    compatibility: line,
  })
  .prefault({});

const inputName = z
  .string()
  .refine((name) => entryNameProblem(name, 400) === null, "it is no name of an input file");

/** upskill takes one text for a list of one, in either place. */
const someTexts = z.union([z.string().transform((one) => [one]), z.array(z.string())]);

const testSchema = z.object({
  input: z.string().min(1),
  context: z.object({ files: z.record(inputName, z.string()).nullish() }).nullish(),
  expected: z.union([z.object({ contains: someTexts }), someTexts.transform((contains) => ({ contains }))]),
  output_file: z.string().nullish(),
  validator: z.string().nullish(),
  validator_config: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).nullish(),
});
type UpskillTest = z.infer<typeof testSchema>;

const tests = z.array(testSchema).max(10_000);
const skillMetaSchema = z.object({ metadata: metaSchema, tests: tests.default([]) });
const testsSchema = z.union([tests, z.object({ cases: tests }).transform(({ cases }) => cases)]);

const remedy = "Write it as upskill does.";

/** Parses upskill's `skill_meta.json`; `file` is for messages. Throws `Failure` (exit code 2). */
export function parseSkillMeta(json: string, file: string): { metadata: SkillMeta; cases: EvalCase[] } {
  const parsed = parsedJson(json, skillMetaSchema, { file, kind: "upskill's skill_meta.json", remedy });
  return { metadata: parsed.metadata, cases: parsed.tests.map(caseOf) };
}

/** Parses the `tests.json` that upskill takes with `--tests`: a list, or an object with `cases`. Throws `Failure` (2). */
export function parseUpskillTests(json: string, file: string): EvalCase[] {
  return parsedJson(json, testsSchema, { file, kind: "a list of upskill's tests", remedy }).map(caseOf);
}

/** A test of upskill passes when every expected text stands in the answer, in any case. */
function caseOf(test: UpskillTest, index: number): EvalCase {
  const { input, context, expected, output_file, validator, validator_config } = test;
  const others = { output_file, validator, validator_config };
  return {
    id: index + 1,
    prompt: input,
    expectedOutput: "",
    files: [],
    inputs: context?.files ?? {},
    assertions: [],
    checks: expected.contains
      .filter((text) => text !== "")
      .map((text) => ({ kind: "contains", text, ignore_case: true })),
    mustPass: false,
    traces: [],
    others: Object.fromEntries(Object.entries(others).filter(([, value]) => value != null)),
  };
}

/**
 * Writes `skill_meta.json` as upskill writes and reads it: two blanks, every absent value null, no other key in a test.
 * It has no words for most of our checks: cases that ask for no text are left out, and of the others the rest of
 * their checks. Returns what it is and how many cases were left out.
 */
export function writeSkillMeta(
  metadata: SkillMeta,
  cases: readonly EvalCase[],
): { text: string; leftOut: number } {
  const mirrored = cases.flatMap((one) => {
    const contains = one.checks.flatMap((check) => (check.kind === "contains" ? [check.text] : []));
    return contains.length === 0 ? [] : [testOf(one, contains)];
  });
  const text = `${JSON.stringify({ metadata, tests: mirrored }, null, 2)}\n`;
  return { text, leftOut: cases.length - mirrored.length };
}

function testOf({ prompt, inputs, others }: EvalCase, contains: string[]): Record<string, unknown> {
  return {
    input: prompt,
    context: Object.keys(inputs).length === 0 ? null : { files: inputs },
    expected: { contains },
    output_file: others["output_file"] ?? null,
    validator: others["validator"] ?? null,
    validator_config: others["validator_config"] ?? null,
  };
}
