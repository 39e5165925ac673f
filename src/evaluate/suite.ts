import { z } from "zod";
import { compareText } from "../compare-text.ts";
import { sha256 } from "../digest.ts";
import { usageFailure } from "../failure.ts";
import { parsedJson } from "../files/parsed-json.ts";
import { assertionPromptVersion } from "./assertion-prompt.ts";
import type { Check } from "./check.ts";
import { readSkillCases } from "./case-files.ts";
import type { AskedCase } from "./chat-request.ts";
import { type EvalCase, plainPrompt } from "./eval-case.ts";
import { kernelDigest, type KernelSpec } from "./kernel-cases.ts";
import type { SkillFiles } from "./skill-files.ts";

/** A case of a skill with all that it needs: its files are read. */
export interface SuiteCase extends AskedCase {
  /** Unique within its skill. */
  id: string;
  /** What code can tell about an answer. */
  checks: readonly Check[];
  /** What only a judge can tell. */
  assertions: readonly string[];
  /** What a good answer is, for a judge; may be empty. */
  expectedOutput: string;
  /** The first case that it shares a trace or its prompt with; its own id where it shares nothing. */
  source: string;
  /** Text of the scripts that its checks run, by their paths below the skill's folder; absent without any. */
  scripts?: ReadonlyMap<string, string>;
  /** Made from a trace that the skill was distilled from. */
  seen: boolean;
  mustPass: boolean;
  /** Of a kernel case: the harness judges its answers. */
  kernel?: KernelSpec;
}

/** A request that should make an agent choose the skill, or should not. */
export interface TriggerQuery {
  id: string;
  query: string;
  shouldTrigger: boolean;
}

export interface Suite {
  cases: SuiteCase[];
  triggers: TriggerQuery[];
  /** Whether there is an `evals/kernels.json`, which another measurement reads. */
  hasKernels: boolean;
}

/** Where a skill keeps its trigger queries. The first one that is there counts. */
export const triggerFiles = ["evals/trigger-eval.json", "evals/eval_queries.json"] as const;
const triggersSchema = z
  .array(z.looseObject({ query: z.string().min(1).max(500_000), should_trigger: z.boolean() }))
  .max(10_000);

/** In characters: one input file, and all of a case together. */
const largestInput = 1_000_000;
const largestInputs = 4_000_000;

/**
 * All cases of a skill: `evals/evals.json`, else upskill's `skill_meta.json`, else `evals/tests.json` or `tests.json`;
 * trigger queries beside them. `learnedFrom` has the SHA-256 of the traces that the skill was distilled from; `folder`
 * is for messages. Throws `Failure` (exit code 2) for a file that does not fit and for a missing input file.
 */
export async function loadSuite(
  files: SkillFiles,
  folder: string,
  skill: { name: string; learnedFrom: ReadonlySet<string> },
): Promise<Suite> {
  const read = async (path: string): Promise<string | undefined> =>
    (path === "tests.json" ? await files.read("evals/tests.json") : undefined) ?? (await files.read(path));
  const { suite } = await readSkillCases(skill.name, folder, read);
  const sources = sourcesOf(suite.cases);
  requireOneNameEach(suite.cases, folder);
  const cases: SuiteCase[] = [];
  for (const [index, one] of suite.cases.entries()) {
    const scripts = await scriptsOf(one, files, folder);
    cases.push({
      id: String(one.id),
      prompt: one.prompt,
      files: await inputsOf(one, files, folder),
      checks: one.checks,
      assertions: one.assertions,
      expectedOutput: one.expectedOutput,
      source: sources[index] ?? String(one.id),
      ...(scripts.size === 0 ? {} : { scripts }),
      seen: one.traces.some((trace) => skill.learnedFrom.has(trace)),
      mustPass: one.mustPass,
    });
  }
  const hasKernels = (await files.read("evals/kernels.json")) !== undefined;
  return { cases, triggers: await readTriggers(files, folder), hasKernels };
}

/**
 * SHA-256 of what the outcome of a case depends on. Assertions and the expected output count where a judge reads them:
 * `judge` names it, null without one.
 */
export function caseDigest(one: SuiteCase, judge: string | null): string {
  if (one.kernel !== undefined) return kernelDigest(one.prompt, one.kernel);
  const judged =
    judge === null || one.assertions.length === 0
      ? []
      : [judge, assertionPromptVersion, one.assertions, one.expectedOutput];
  const files = [...one.files].sort(([a], [b]) => compareText(a, b));
  const scripts = [...(one.scripts ?? [])].sort(([a], [b]) => compareText(a, b));
  const parts = [one.prompt, files, one.checks, judged];
  return sha256(JSON.stringify(scripts.length === 0 ? parts : [...parts, scripts]));
}

/** SHA-256 of a trigger query, with what it asks for. */
export function triggerDigest({ query, shouldTrigger }: TriggerQuery): string {
  return sha256(JSON.stringify(["trigger", query, shouldTrigger]));
}

/** Ids may be numbers and texts; results know texts only. */
function requireOneNameEach(cases: readonly EvalCase[], folder: string): void {
  const names = new Set(cases.map(({ id }) => String(id)));
  if (names.size === cases.length) return;
  throw usageFailure(
    `The cases of ${folder} have ids that are the same as text, such as 1 and "1".`,
    "Give each case an id of its own.",
  );
}

/** Cases made from one trace, or with one prompt, are no independent witnesses. */
function sourcesOf(cases: readonly EvalCase[]): string[] {
  const known = new Map<string, string>();
  return cases.map((one) => {
    const marks = [...one.traces, `prompt ${plainPrompt(one.prompt)}`];
    const shared = marks.map((mark) => known.get(mark)).find((source) => source !== undefined);
    const source = shared ?? String(one.id);
    for (const mark of marks) if (!known.has(mark)) known.set(mark, source);
    return source;
  });
}

async function scriptsOf(one: EvalCase, files: SkillFiles, folder: string): Promise<Map<string, string>> {
  const scripts = new Map<string, string>();
  for (const check of one.checks) {
    if (check.kind !== "script" || scripts.has(check.path)) continue;
    const text = await files.read(check.path);
    if (text?.startsWith("#!") !== true) {
      throw usageFailure(
        `Case ${one.id} of ${folder} needs the script ${check.path}, which ${text === undefined ? "is not there" : "does not begin with #!"}.`,
        "Write it into the skill's evals folder, with #! and its program as the first line.",
      );
    }
    scripts.set(check.path, text);
  }
  return scripts;
}

async function inputsOf(one: EvalCase, files: SkillFiles, folder: string): Promise<Map<string, string>> {
  const inputs = new Map<string, string>();
  for (const path of one.files) {
    const text = await files.read(path);
    if (text === undefined) {
      throw usageFailure(
        `Case ${one.id} of ${folder} needs the file ${path}, which is not there.`,
        "Add it to the skill's folder, or correct the path in `files`.",
      );
    }
    inputs.set(path, text);
  }
  for (const [name, text] of Object.entries(one.inputs)) inputs.set(name, text);
  const sizes = [...inputs.values()].map((text) => text.length);
  if (Math.max(0, ...sizes) > largestInput || sizes.reduce((sum, size) => sum + size, 0) > largestInputs) {
    throw usageFailure(
      `Case ${one.id} of ${folder} has more input than a prompt can hold: one file may have ${largestInput} characters, all together ${largestInputs}.`,
      "Give it smaller files.",
    );
  }
  return inputs;
}

async function readTriggers(files: SkillFiles, folder: string): Promise<TriggerQuery[]> {
  for (const path of triggerFiles) {
    const text = await files.read(path);
    if (text === undefined) continue;
    const queries = parseTriggers(text, `${folder}/${path}`);
    return queries.map(({ query, should_trigger }, index) => ({
      id: `trigger-${index + 1}`,
      query,
      shouldTrigger: should_trigger,
    }));
  }
  return [];
}

/** Parses a file of trigger queries, with the keys of other programs. Throws `Failure` (exit code 2). */
export function parseTriggers(text: string, file: string): z.infer<typeof triggersSchema> {
  return parsedJson(text, triggersSchema, {
    file,
    kind: "a list of trigger queries",
    remedy: "Write a list of objects with `query` and `should_trigger`.",
  });
}
