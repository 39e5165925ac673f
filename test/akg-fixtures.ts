import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const root = join(import.meta.dirname, "fixtures/akg");

const quirkSchema = z.object({
  id: z.string(),
  affects: z.union([z.string(), z.array(z.string()).transform((parts) => parts.join(", "))]),
});

/** One small input of a function of AKG, with the result that AKG's code returns for it. */
export interface AkgVector {
  id: string;
  input: Record<string, unknown>;
  expected: unknown;
  quirks: string[];
}

/** The vectors of one function; `part` names the result where a vector has several. */
export function akgVectors(name: string, part?: string): AkgVector[] {
  const schema = z.object({
    id: z.string(),
    input: z.record(z.string(), z.unknown()),
    quirks: z.array(quirkSchema),
  });
  const file = z.object({ vectors: z.array(z.looseObject({})) }).parse(readJson(`vectors/${name}.json`));
  return file.vectors.map((vector) => {
    const { id, input, quirks } = schema.parse(vector);
    const result = part === undefined ? vector : z.looseObject({}).parse(vector[part]);
    return { id, input, expected: result["expected"], quirks: quirks.map((quirk) => quirk.id) };
  });
}

const time = z.union([z.number(), z.literal("inf").transform(() => null)]);

const stepSchema = z.object({
  parent_id: z.string(),
  child_id: z.string(),
  parent_gen_time_us: z.number(),
  child_gen_time_us: z.number(),
  parent_speedup: z.number(),
  child_speedup: z.number(),
  improvement: z.number(),
  spans_kept_steps: z.boolean(),
  added: z.number(),
  removed: z.number(),
  diff: z.string(),
});

const truthTaskSchema = z.object({
  task_id: z.string(),
  parent_id: z.string().nullable(),
  passed: z.boolean(),
  gen_time_us: z.number().nullable().optional(),
  speedup: z.number().nullable().optional(),
  impl: z.string().nullable().optional(),
  changes: z.array(z.object({ name: z.string(), effect: z.string() })).default([]),
});

const caseSchema = z.object({
  op_name: z.string(),
  quirks: z.array(quirkSchema),
  metadata: z
    .object({ dsl: z.string(), backend: z.string(), arch: z.string(), op_name: z.string() })
    .optional(),
  records: z
    .array(
      z.object({
        task_id: z.string(),
        parent_id: z.string(),
        generation: z.number(),
        gen_time_us: time,
        speedup: z.number(),
        in_verification: z.boolean(),
        impl: z.string().nullable(),
        code_sha256: z.string().nullable(),
        stripped_sha256: z.string().nullable(),
      }),
    )
    .optional(),
  best: z
    .object({
      task_id: z.string(),
      gen_time_us: time,
      speedup: z.number(),
      has_code: z.boolean(),
      code_sha256: z.string().nullable(),
    })
    .optional(),
  chain: z.array(stepSchema).optional(),
  counts: z.object({ total_tasks: z.number(), success_count: z.number() }).optional(),
  performance_summary: z.string().optional(),
  truth: z.object({
    tasks: z.array(truthTaskSchema),
    submitted: z.number(),
    passed: z.number(),
    best_path: z.array(z.string()),
  }),
});

export interface AkgCase {
  name: string;
  logDir: string;
  expected: z.infer<typeof caseSchema>;
  /** Ids of the defects that show in the recorded result. */
  quirks: string[];
  /** The parts of the recorded result that these defects may have changed. */
  affects: ReadonlySet<string>;
}

/** All search log cases, in order of name. */
export function akgCases(): AkgCase[] {
  return readdirSync(join(root, "search_log"))
    .sort()
    .map((name) => {
      const expected = caseSchema.parse(readJson(`search_log/${name}/expected.json`));
      return {
        name,
        logDir: join(root, "search_log", name, "input/logs"),
        expected,
        quirks: expected.quirks.map((quirk) => quirk.id),
        affects: new Set(expected.quirks.flatMap((quirk) => quirk.affects.split(/,\s*/))),
      };
    });
}

/** Every implementation file of the cases, as text. */
export function akgSources(): string[] {
  const names = readdirSync(join(root, "search_log"), { recursive: true, encoding: "utf8" });
  return names
    .filter((name) => name.endsWith("_impl.py"))
    .sort()
    .map((name) => readFileSync(join(root, "search_log", name), "utf8"));
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(join(root, path), "utf8"));
}
