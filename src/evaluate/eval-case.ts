import { z } from "zod";
import { usageFailure } from "../failure.ts";
import { parsedJson } from "../files/parsed-json.ts";
import { entryNameProblem } from "../files/zip-entry-name.ts";
import { type Check, checkSchema, checkText } from "./check.ts";

export const splits = ["development", "held-out"] as const;
/** `development` cases may be shown to a teacher; `held-out` ones are for reports only. */
export type Split = (typeof splits)[number];

/** One evaluation case of a skill, whatever file it was read from. */
export interface EvalCase {
  /** Unique within its skill. */
  id: number | string;
  name?: string;
  prompt: string;
  /** What a good answer is, for people and judges; may be empty. */
  expectedOutput: string;
  /** Input files, relative to the skill's folder. */
  files: string[];
  /** Input files that the case holds itself, by name. */
  inputs: Record<string, string>;
  /** What only a person or a judge can tell. */
  assertions: string[];
  /** What code can tell. */
  checks: Check[];
  /** Undefined until somebody decides. */
  split?: Split;
  /** A skill that fails it is refused, whatever its other cases show. */
  mustPass: boolean;
  /** SHA-256 of the traces that it was made from: to a skill distilled from the same it is no news. */
  traces: string[];
  /** Keys of other programs, as they stand. */
  others: Record<string, unknown>;
}

/** Which of the two words of the format a file uses for its assertions. */
export type Dialect = "assertions" | "expectations" | "both";

/** `evals/evals.json` of a skill. */
export interface EvalSuite {
  skillName: string;
  cases: EvalCase[];
  dialect: Dialect;
  /** Keys of other programs, as they stand. */
  others: Record<string, unknown>;
}

const sha = z.string().regex(/^[0-9a-f]{64}$/);
const fileName = z
  .string()
  .refine((name) => entryNameProblem(name, 400) === null, "it is no path inside the skill's folder");
const text = z.string().max(500_000);
const texts = z.array(text).max(200);

/** The key of a case that is ours. Readers of the format pass over keys that they do not know. */
const ownSchema = z.strictObject({
  split: z.enum(splits).exactOptional(),
  checks: z.array(checkSchema).max(200).exactOptional(),
  must_pass: z.boolean().exactOptional(),
  inputs: z.record(fileName, text).exactOptional(),
  traces: z.array(sha).max(200).exactOptional(),
});

const caseSchema = z.looseObject({
  id: z.union([z.number().int(), z.string().min(1).max(200)]).optional(),
  name: z.string().max(200).optional(),
  prompt: text.min(1),
  expected_output: text.default(""),
  files: z.array(fileName).max(200).default([]),
  assertions: texts.optional(),
  expectations: texts.optional(),
  overproof: ownSchema.default({}),
});

const suiteSchema = z.looseObject({
  skill_name: z.string().max(200).default(""),
  evals: z.array(caseSchema).max(10_000),
});

/**
 * Parses `evals/evals.json`, in the words of the agentskills.io guide (`assertions`) or of skill-creator
 * (`expectations`). A case without an id gets its number. `file` is for messages. Throws `Failure` (exit code 2).
 */
export function parseEvalSuite(json: string, file: string): EvalSuite {
  const remedy = "Write it as the agentskills.io guide on evaluating skills says.";
  const source = { file, kind: "a file of eval cases", remedy };
  const { skill_name: skillName, evals, ...others } = parsedJson(json, suiteSchema, source);
  const isOne = evals.some(({ expectations }) => expectations !== undefined);
  const isOther = evals.some(({ assertions }) => assertions !== undefined);
  const dialect = isOne ? (isOther ? "both" : "expectations") : "assertions";
  const cases = evals.map(caseOf);
  requireUniqueIds(cases, file);
  return { skillName, cases, dialect, others };
}

function caseOf(stored: z.infer<typeof caseSchema>, index: number): EvalCase {
  const { id, name, prompt, expected_output, files, assertions, expectations, overproof, ...others } = stored;
  const { split, checks = [], must_pass, inputs = {}, traces = [] } = overproof;
  const said = new Set(checks.map(checkText));
  return {
    id: id ?? index + 1,
    ...(name === undefined ? {} : { name }),
    prompt,
    expectedOutput: expected_output,
    files,
    inputs,
    assertions: [...new Set([...(assertions ?? []), ...(expectations ?? [])])].filter(
      (one) => !said.has(one),
    ),
    checks,
    ...(split === undefined ? {} : { split }),
    mustPass: must_pass ?? false,
    traces,
    others,
  };
}

/** Throws `Failure` (exit code 2): results of two cases with one id would be taken for each other's. */
export function requireUniqueIds(cases: readonly EvalCase[], file: string): void {
  const seen = new Set<number | string>();
  for (const { id } of cases) {
    if (seen.has(id)) {
      throw usageFailure(
        `${file} has two cases with the id ${JSON.stringify(id)}.`,
        "Give each case an id of its own.",
      );
    }
    seen.add(id);
  }
}

/**
 * Writes `evals/evals.json`; `parseEvalSuite` reads it back. Checks stand among the assertions too, in words, so that
 * programs that know nothing of ours judge the same things.
 */
export function writeEvalSuite({ skillName, cases, dialect, others }: EvalSuite): string {
  const evals = cases.map((one) => storedCase(one, dialect));
  return `${JSON.stringify({ ...others, skill_name: skillName, evals }, null, 2)}\n`;
}

function storedCase(one: EvalCase, dialect: Dialect): Record<string, unknown> {
  const said = [...new Set([...one.checks.map(checkText), ...one.assertions])];
  const own: z.infer<typeof ownSchema> = {
    ...(one.split === undefined ? {} : { split: one.split }),
    ...(one.mustPass ? { must_pass: true } : {}),
    ...(one.checks.length === 0 ? {} : { checks: one.checks }),
    ...(Object.keys(one.inputs).length === 0 ? {} : { inputs: one.inputs }),
    ...(one.traces.length === 0 ? {} : { traces: one.traces }),
  };
  return {
    ...one.others,
    id: one.id,
    ...(one.name === undefined ? {} : { name: one.name }),
    prompt: one.prompt,
    expected_output: one.expectedOutput,
    ...(one.files.length === 0 ? {} : { files: one.files }),
    ...(dialect === "expectations" ? {} : { assertions: said }),
    ...(dialect === "assertions" ? {} : { expectations: said }),
    ...(Object.keys(own).length === 0 ? {} : { overproof: own }),
  };
}

/** Adds cases with the next free numbers as ids; one whose prompt another case has is left out. */
export function withNewCases(known: readonly EvalCase[], added: readonly Omit<EvalCase, "id">[]): EvalCase[] {
  const cases = [...known];
  const prompts = new Set(known.map(({ prompt }) => plainPrompt(prompt)));
  let last = Math.max(0, ...known.map(({ id }) => (typeof id === "number" ? id : 0)));
  for (const one of added) {
    const prompt = plainPrompt(one.prompt);
    if (prompts.has(prompt)) continue;
    prompts.add(prompt);
    last += 1;
    cases.push({ ...one, id: last });
  }
  return cases;
}

/** A prompt without what makes two of them differ for a machine only: cases, and how much blank there is. */
export function plainPrompt(prompt: string): string {
  return prompt.normalize("NFC").toLowerCase().split(/\s+/).join(" ").trim();
}
