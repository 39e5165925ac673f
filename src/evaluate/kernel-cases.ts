import { basename, dirname, join } from "node:path/posix";
import { z } from "zod";
import type { KernelSettings } from "../config/kernels.ts";
import { sha256 } from "../digest.ts";
import { usageFailure } from "../failure.ts";
import { parsedJson } from "../files/parsed-json.ts";
import { entryNameProblem } from "../files/zip-entry-name.ts";
import { sizes } from "../kernels/choices.ts";
import { dtypesSchema, jobSchema, limitsSchema, shapesSchema } from "../kernels/job.ts";
import { jobSettings } from "../kernels/job-settings.ts";
import { kernelPrompt } from "./kernel-prompt.ts";
import type { SkillFiles } from "./skill-files.ts";
import type { SuiteCase } from "./suite.ts";

export const kernelCasesFile = "evals/kernels.json";

/** What a student may be asked to write in. */
export const askedDsls = ["triton", "cuda", "cpp", "python", "abi"] as const;
export type AskedDsl = (typeof askedDsls)[number];

const sha = z.string().regex(/^[0-9a-f]{64}$/);
/** Problems are handed from machine to machine under this name. */
export const problemName = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/);
const path = z
  .string()
  .refine((name) => entryNameProblem(name, 400) === null, "it is no path inside a folder")
  .refine((name) => problemName.safeParse(basename(name)).success, "its last part is no plain file name");

const caseLimitsSchema = z.strictObject({
  compile_seconds: limitsSchema.shape.compile_seconds.exactOptional(),
  run_seconds: limitsSchema.shape.run_seconds.exactOptional(),
  memory_bytes: limitsSchema.shape.memory_bytes.exactOptional(),
});

const caseSchema = z
  .strictObject({
    id: z.string().min(1).max(200),
    /** Below the skill's `evals` folder, else below the folder of problems that skills share. */
    problem: path,
    /** Files beside the problem that it reads, such as `reference.py` of a `task.yml`. */
    files: z.array(path).max(20).default([]),
    dsl: z.enum(askedDsls),
    size: z.enum(sizes).optional(),
    /** Further shapes that a kernel has to be right on: in each a shape for every tensor that `get_inputs` gives. */
    shapes: shapesSchema.default([]),
    /** Further element types that it has to be right in. */
    dtypes: dtypesSchema.default([]),
    limits: caseLimitsSchema.optional(),
    library: z.enum(["allowed", "refused"]).optional(),
    must_pass: z.boolean().default(false),
    /** What the problem computes; the problem's name without its number when absent. */
    operator: z.string().min(1).max(100).optional(),
    /** SHA-256 of the traces that the problem was taken from. */
    traces: z.array(sha).max(200).default([]),
  })
  .refine(({ dsl, dtypes }) => dsl !== "abi" || dtypes.length === 0, {
    message: "a torch-free kernel has the element types of its SIGNATURE",
    path: ["dtypes"],
  });

const kernelsSchema = z.strictObject({
  skill_name: z.string().max(200).default(""),
  kernels: z.array(caseSchema).min(1).max(1000),
});

/** How the candidates of a kernel case are measured, whoever wrote them. */
export const measuringSchema = z.strictObject({
  dsl: z.enum(askedDsls),
  device: jobSchema.shape.device,
  size: jobSchema.shape.size,
  trials: jobSchema.shape.trials,
  shapes: shapesSchema,
  dtypes: dtypesSchema,
  timing: jobSchema.shape.timing,
  library: z.enum(["allowed", "refused"]),
  limits: limitsSchema,
  /** How often a student may correct a kernel that failed. */
  rounds: z.int().min(0).max(10),
});
export type Measuring = z.infer<typeof measuringSchema>;

/** What a case asks a kernel for. */
export interface KernelSpec {
  problem: KernelProblem;
  measuring: Measuring;
}

/** A problem with the files that it reads, by their names in one folder. */
export interface KernelProblem {
  /** The file that the harness is given. */
  name: string;
  files: ReadonlyMap<string, string>;
}

/** What a skill was distilled from. */
export interface Learned {
  traces: ReadonlySet<string>;
  operators: readonly string[];
}

/** In characters: one problem with its files. */
const largestProblem = 500_000;

/**
 * The kernel cases of a skill, from `evals/kernels.json`; none without that file. `shared` has the problems that skills
 * share, undefined where there is no such folder. Cases of one operator share a source; cases of an operator, or from a
 * trace, that the skill was distilled from are seen. Throws `Failure` (exit code 2) for a file that does not fit.
 */
export async function readKernelCases(
  skill: SkillFiles,
  options: {
    folder: string;
    shared: SkillFiles | undefined;
    learned: Learned;
    settings: KernelSettings;
  },
): Promise<SuiteCase[]> {
  const text = await skill.read(kernelCasesFile);
  if (text === undefined) return [];
  const file = `${options.folder}/${kernelCasesFile}`;
  const { kernels } = parsedJson(text, kernelsSchema, {
    file,
    kind: "a file of kernel cases",
    remedy: "Write a list `kernels` of objects with `id`, `problem` and `dsl`.",
  });
  requireUnique(kernels, file);
  const seenOperators = new Set(options.learned.operators.map(operatorKey));
  const cases: SuiteCase[] = [];
  for (const one of kernels) {
    const problem = await problemOf(one, skill, options);
    const operator = operatorKey(one.operator ?? problem.name.replace(/\.[^.]*$/, ""));
    const measuring = measuringOf(one, options.settings);
    cases.push({
      id: one.id,
      prompt: kernelPrompt(problem.name, measuring),
      files: problem.files,
      checks: [],
      assertions: [],
      expectedOutput: "",
      source: `operator ${operator}`,
      seen: seenOperators.has(operator) || one.traces.some((trace) => options.learned.traces.has(trace)),
      mustPass: one.must_pass,
      kernel: { problem, measuring },
    });
  }
  return cases;
}

/** SHA-256 of what the outcome of a kernel case depends on: what is asked, and how the answer is measured. */
export function kernelDigest(prompt: string, { problem, measuring }: KernelSpec): string {
  const { dsl, device, size, trials, shapes, dtypes, timing, library, limits, rounds } = measuring;
  const measured = [dsl, device, size, trials, shapes, dtypes, timing, library, sorted(limits), rounds];
  return sha256(JSON.stringify(["kernel", prompt, problemDigest(problem), measured]));
}

export function problemDigest({ name, files }: KernelProblem): string {
  const contents = [...files].map(([file, text]): [string, string] => [file, sha256(text)]);
  return sha256(JSON.stringify([name, contents.sort(([a], [b]) => (a < b ? -1 : 1))]));
}

/** The measuring of one case, where it says something else than the configuration. */
function measuringOf(
  { dsl, size, shapes, dtypes, limits, library }: z.infer<typeof caseSchema>,
  settings: KernelSettings,
): Measuring {
  const job = jobSettings(settings);
  return {
    dsl,
    device: job.device,
    size: size ?? job.size,
    trials: job.trials,
    shapes,
    dtypes,
    timing: job.timing,
    library: library ?? job.policy.library,
    limits: { ...job.limits, ...limits },
    rounds: settings["repair-rounds"],
  };
}

function sorted(record: object): [string, unknown][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Words that say how a kernel is written or which of many it is, and not what it computes. */
const otherWords = new Set(["kernel", "triton", "cuda", "cpp", "akg", "op", "forward", "fwd"]);

/** An operator by the words of its name: `03_softmax` and `Triton_Softmax` are one. */
export function operatorKey(name: string): string {
  const words = name
    .replaceAll(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "" && !/^\d+$/.test(word) && !otherWords.has(word));
  return words.length === 0 ? name.toLowerCase() : words.join(" ");
}

async function problemOf(
  { id, problem, files }: z.infer<typeof caseSchema>,
  skill: SkillFiles,
  { folder, shared }: { folder: string; shared: SkillFiles | undefined },
): Promise<KernelProblem> {
  const name = basename(problem);
  const own = await skill.read(`evals/${problem}`);
  const main = own ?? (await shared?.read(problem));
  const read = (path: string): Promise<string | undefined> =>
    own === undefined ? (shared?.read(path) ?? Promise.resolve(undefined)) : skill.read(`evals/${path}`);
  const found = new Map<string, string>();
  for (const [path, text] of [
    [problem, main] as const,
    ...(await Promise.all(files.map(async (one) => [one, await read(one)] as const))),
  ]) {
    if (text === undefined) {
      throw usageFailure(
        `Case ${id} of ${folder} needs ${path}, which is not there.`,
        "Put it below the skill's evals folder, or into the folder that kernels.problems names.",
      );
    }
    if (dirname(join(path)) !== dirname(join(problem)) || found.has(basename(path))) {
      throw usageFailure(
        `Case ${id} of ${folder} names ${path}, which does not lie beside its problem under a name of its own.`,
        "Put the files of a problem into one folder.",
      );
    }
    found.set(basename(path), text);
  }
  const size = [...found.values()].reduce((sum, text) => sum + text.length, 0);
  if (size > largestProblem) {
    throw usageFailure(
      `The problem of case ${id} of ${folder} has ${size} characters, more than ${largestProblem}.`,
      "Give it a smaller one.",
    );
  }
  return { name, files: found };
}

function requireUnique(kernels: readonly { id: string }[], file: string): void {
  const ids = new Set<string>();
  for (const { id } of kernels) {
    if (ids.has(id)) {
      throw usageFailure(
        `${file} has two cases with the id ${JSON.stringify(id)}.`,
        "Give each case an id of its own.",
      );
    }
    ids.add(id);
  }
}
