import type { RegExpEngine, RegExpLike } from "ajv/dist/types/index.js";
import { z } from "zod";
import { reasonOf } from "../failure.ts";
import { readAnswer } from "../models/answer.ts";
import { entryNameProblem } from "../files/zip-entry-name.ts";
import { excerpt } from "../models/excerpt.ts";
import type { ToolCall } from "./agent-trace.ts";
import { isPattern, matchesWithin } from "./bounded-regex.ts";
import type { ProducedFiles } from "./produced-files.ts";

const words = z.string().min(1).max(20_000);
const path = z
  .string()
  .refine((name) => entryNameProblem(name, 400) === null, "it is no path below a folder");

/** Something that code can find out about an answer, or about what else an agent's run left. */
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
  /** A file that an agent made or changed, below its working folder. */
  z.strictObject({ kind: z.literal("file-produced"), path, contains: words.exactOptional() }),
  /** A call in an agent's own log: a regular expression for the tool's name, and a text among what it was given. */
  z.strictObject({
    kind: z.literal("tool-call"),
    name: words.refine((pattern) => isPattern(pattern), "it is no regular expression"),
    argument: words.exactOptional(),
    /** There must be no such call. */
    not: z.boolean().exactOptional(),
  }),
  /** A script below the skill's `evals` folder, run over the answer and the files; exit code 0 passes. */
  z.strictObject({
    kind: z.literal("script"),
    path: path.refine((name) => name.startsWith("evals/"), "it does not lie below evals/"),
  }),
]);
export type Check = z.infer<typeof checkSchema>;

/** What a run left besides its answer. What is absent was not there to be looked at, and no check on it passes. */
export interface RunRecord {
  files?: ProducedFiles;
  calls?: readonly ToolCall[];
  runScript?: (path: string) => Promise<CheckResult>;
}

/** What the checks of a case need besides an answer: a working folder, or a log of calls too. */
export function needOf(checks: readonly Check[]): "workspace" | "trace" | undefined {
  if (checks.some(({ kind }) => kind === "tool-call")) return "trace";
  return checks.some(({ kind }) => kind === "file-produced") ? "workspace" : undefined;
}

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
    case "file-produced":
      return `The file ${quoted(check.path)} is produced${check.contains === undefined ? "" : ` and contains ${quoted(check.contains)}`}.`;
    case "tool-call":
      return `${check.not === true ? "No tool" : "A tool"} whose name matches ${quoted(check.name)} is called${check.argument === undefined ? "" : ` with ${quoted(check.argument)}`}.`;
    case "script":
      return `The script ${quoted(check.path)} accepts the answer and its files.`;
  }
}

/**
 * Holds one check against an answer and what came with it. Blanks around the whole answer, and the kind of its line ends, count for nothing.
 * A check that cannot be carried out (a pattern that takes too long, a schema that is none) did not pass.
 */
export async function runCheck(check: Check, answer: string, record: RunRecord = {}): Promise<CheckResult> {
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
    case "file-produced":
      return producedCheck(check, record.files);
    case "tool-call":
      return callCheck(check, record.calls);
    case "script":
      return record.runScript?.(check.path) ?? { passed: false, evidence: "No script was run." };
  }
}

function producedCheck(
  { path: name, contains }: Extract<Check, { kind: "file-produced" }>,
  files: ProducedFiles | undefined,
): CheckResult {
  const file = files?.get(name);
  if (file === undefined) return { passed: false, evidence: `The file ${shown(name)} was not produced.` };
  const made = `The file ${shown(name)} was produced, with ${file.bytes} bytes`;
  if (contains === undefined) return { passed: true, evidence: `${made}.` };
  if (file.text === null) return { passed: false, evidence: `${made} that are no text, or too much of it.` };
  const at = plainEnds(file.text, false).indexOf(plainEnds(contains, false));
  const evidence =
    at === -1
      ? `${made}, and does not contain ${shown(contains)}.`
      : `${made}, and contains ${shown(contains)} at character ${at + 1}.`;
  return { passed: at !== -1, evidence };
}

function callCheck(
  { name, argument, not = false }: Extract<Check, { kind: "tool-call" }>,
  calls: readonly ToolCall[] | undefined,
): CheckResult {
  if (calls === undefined) return { passed: false, evidence: "There is no log of the calls." };
  for (const { tool, said, values } of calls) {
    const isNamed = matchesWithin(name, "", tool);
    if (isNamed === undefined)
      return { passed: false, evidence: `The pattern ${shown(name)} takes too long.` };
    if (!isNamed) continue;
    const isMeant = argument === undefined || [said, ...values].some((text) => text.includes(argument));
    if (isMeant) return { passed: !not, evidence: `The tool ${shown(tool)} was called so.` };
  }
  return { passed: not, evidence: `None of ${calls.length} calls is one.` };
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
