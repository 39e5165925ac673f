import type { RegExpEngine, RegExpLike } from "ajv/dist/types/index.js";
import { z } from "zod";
import { reasonOf } from "../failure.ts";
import { readAnswer } from "../models/answer.ts";
import { excerpt } from "../models/excerpt.ts";
import { isPattern, matchesWithin } from "./bounded-regex.ts";

const words = z.string().min(1).max(20_000);

/** Something that code can find out about an answer. */
export const checkSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("contains"), text: words, ignore_case: z.boolean().exactOptional() }),
  z.strictObject({ kind: z.literal("not-contains"), text: words, ignore_case: z.boolean().exactOptional() }),
  z
    .strictObject({
      kind: z.literal("regex"),
      pattern: words,
      flags: z
        .string()
        .regex(/^(?!.*(.).*\1)[imsu]*$/)
        .exactOptional(),
    })
    .refine(({ pattern, flags }) => isPattern(pattern, flags), "it is no regular expression"),
  z.strictObject({ kind: z.literal("equals"), text: z.string().max(20_000) }),
  z.strictObject({
    kind: z.literal("json-schema"),
    schema: z.union([z.boolean(), z.record(z.string(), z.json())]),
  }),
]);
export type Check = z.infer<typeof checkSchema>;

export interface CheckResult {
  passed: boolean;
  /** What the answer shows, as one sentence. */
  evidence: string;
}

/** What a check asks for, in the words of an assertion. Equal checks have equal words, others have others. */
export function checkText(check: Check): string {
  switch (check.kind) {
    case "contains":
      return `The answer contains ${quoted(check.text)}${anyCase(check)}.`;
    case "not-contains":
      return `The answer does not contain ${quoted(check.text)}${anyCase(check)}.`;
    case "regex":
      return `The answer matches the regular expression ${quoted(check.pattern)}${check.flags === undefined ? "" : ` with the flags ${quoted(check.flags)}`}.`;
    case "equals":
      return `The answer is ${quoted(check.text)} and nothing else.`;
    case "json-schema":
      return `The answer is JSON that fits the JSON Schema ${JSON.stringify(check.schema)}.`;
  }
}

/**
 * Holds one check against an answer. Blanks around the whole answer, and the kind of its line ends, count for nothing.
 * A check that cannot be carried out (a pattern that takes too long, a schema that is none) did not pass.
 */
export async function runCheck(check: Check, answer: string): Promise<CheckResult> {
  const text = plainEnds(answer);
  switch (check.kind) {
    case "contains":
    case "not-contains": {
      const at = indexOf(text, plainEnds(check.text, false), check.ignore_case === true);
      const evidence =
        at === -1
          ? `The answer does not contain ${shown(check.text)}.`
          : `The answer contains ${shown(check.text)} at character ${at + 1}.`;
      return { passed: (at !== -1) === (check.kind === "contains"), evidence };
    }
    case "regex": {
      const found = matchesWithin(check.pattern, check.flags ?? "", text);
      if (found === undefined) {
        return { passed: false, evidence: `The pattern ${shown(check.pattern)} takes too long.` };
      }
      const evidence = `The answer ${found ? "matches" : "does not match"} ${shown(check.pattern)}.`;
      return { passed: found, evidence };
    }
    case "equals": {
      const passed = text === plainEnds(check.text);
      return { passed, evidence: `The answer is ${passed ? "" : "not "}${shown(check.text)}.` };
    }
    case "json-schema":
      return fitsSchema(check.schema, text);
  }
}

function plainEnds(text: string, isTrimmed = true): string {
  const plain = text.replaceAll(/\r\n?/g, "\n");
  return isTrimmed ? plain.trim() : plain;
}

function indexOf(text: string, part: string, ignoresCase: boolean): number {
  return ignoresCase ? text.toLowerCase().indexOf(part.toLowerCase()) : text.indexOf(part);
}

function anyCase({ ignore_case }: { ignore_case?: boolean }): string {
  return ignore_case === true ? ", in any case" : "";
}

function quoted(text: string): string {
  return JSON.stringify(text);
}

function shown(text: string): string {
  return quoted(excerpt(text, { limit: 120 }));
}

/** An answer may hold its JSON in a code fence or between words. */
async function fitsSchema(
  schema: Extract<Check, { kind: "json-schema" }>["schema"],
  answer: string,
): Promise<CheckResult> {
  const read = readAnswer(answer, { schema: z.unknown() });
  if (!read.fits) return { passed: false, evidence: `The answer is no JSON: ${read.problem}.` };
  const { errorsOf, problem } = await schemaCheck(schema);
  if (errorsOf === undefined) return { passed: false, evidence: `The schema cannot be used: ${problem}.` };
  let errors: string;
  try {
    errors = errorsOf(read.value);
  } catch (error) {
    return { passed: false, evidence: `The schema cannot be used: ${excerpt(reasonOf(error))}.` };
  }
  return errors === ""
    ? { passed: true, evidence: "The answer's JSON fits the schema." }
    : { passed: false, evidence: `The answer's JSON does not fit the schema: ${excerpt(errors)}.` };
}

/** Why a JSON Schema cannot be used; undefined for a good one. */
export async function schemaProblem(schema: boolean | Record<string, unknown>): Promise<string | undefined> {
  return (await schemaCheck(schema)).problem;
}

async function schemaCheck(
  schema: boolean | Record<string, unknown>,
): Promise<{ errorsOf?: (value: unknown) => string; problem?: string }> {
  const dialect = typeof schema === "object" ? JSON.stringify(schema["$schema"] ?? "") : "";
  const Ajv = /20(?:19|20)/.test(dialect)
    ? (await import("ajv/dist/2020.js")).Ajv2020
    : (await import("ajv")).Ajv;
  try {
    const checker = new Ajv({ strict: false, validateFormats: false, code: { regExp: boundedPattern } });
    const validate = checker.compile(schema);
    return { errorsOf: (value) => (validate(value) ? "" : checker.errorsText(validate.errors)) };
  } catch (error) {
    return { problem: excerpt(reasonOf(error)) };
  }
}

/** Patterns of a schema come from outside as well. */
const boundedPattern: RegExpEngine = Object.assign(
  (pattern: string, flags: string): RegExpLike => {
    if (!isPattern(pattern, flags)) throw new Error(`${shown(pattern)} is no regular expression`);
    return {
      test(text) {
        const found = matchesWithin(pattern, flags, text);
        if (found === undefined) throw new Error(`the pattern ${shown(pattern)} takes too long`);
        return found;
      },
    };
  },
  // Only schemas that are compiled to files need the engine's own source.
  { code: "undefined" },
);
