import { z } from "zod";
import { type Baseline, baselines, dsls } from "./choices.ts";

/** `correct` is the only one that passes. The last two say nothing about the candidate. */
export const kernelVerdicts = [
  "correct",
  "wrong",
  "crashed",
  "timeout",
  "compile-error",
  "cheating",
  "library",
  "invalid-problem",
  "infrastructure",
] as const;
export type KernelVerdict = (typeof kernelVerdicts)[number];

const sha = z.string().regex(/^[0-9a-f]{64}$/);
const id = z.string().max(200);
const sentence = z.string().max(4000);
const log = z.string().max(65_536);
const seconds = z.number().nonnegative();
const count = z.int().nonnegative();
const milliseconds = z.number().positive();
/** Null where there is nothing to compare: no output, or one that is not finite. */
const error = z.number().nonnegative().nullable();
const ratioSchema = z.strictObject({
  median: z.number().positive(),
  low: z.number().positive(),
  high: z.number().positive(),
});
const timesSchema = z.strictObject({
  median_ms: milliseconds,
  p10_ms: milliseconds,
  p90_ms: milliseconds,
  n: z.int().positive(),
});

const deviceSchema = z.strictObject({
  kind: z.enum(["cpu", "cuda"]),
  name: z.string().max(500),
  backend: z.enum(["torch", "abi"]),
  torch: id.nullable(),
  triton: id.nullable(),
  cuda: id.nullable(),
  driver: id.nullable(),
  threads: z.int().positive(),
  /** Null where it cannot be told. */
  throttled: z.boolean().nullable(),
  /** Other processes on the device. */
  others: z.array(z.string().max(500)).max(1000),
});
export type KernelDevice = z.infer<typeof deviceSchema>;

const problemSchema = z.strictObject({
  name: id,
  sha256: sha,
  format: z.enum(["python", "task", "abi"]),
  /** Why the problem is too weak to gate anything: a word and a sentence each. */
  flags: z.array(z.strictObject({ flag: z.string().min(1).max(100), detail: sentence })).max(100),
});

const candidateResultSchema = z
  .strictObject({
    candidate: id,
    candidate_sha256: sha,
    dsl: z.enum(dsls),
    verdict: z.enum(kernelVerdicts),
    reasons: z.array(sentence).max(200),
    compiled: z.boolean(),
    /** Whether the figures are right, however they came about: the verdict is what counts. */
    correct: z.boolean(),
    shapes: z
      .array(
        z.strictObject({
          name: id,
          trials: count,
          passed: z.boolean(),
          /** The largest error as a multiple of its tolerance. */
          worst_ratio: error,
          max_abs: error,
          max_rel: error,
        }),
      )
      .max(1000),
    compile: z.strictObject({
      /** Null where it did not come to that. */
      seconds: seconds.nullable(),
      cached: z.boolean(),
      log_tail: log,
    }),
    /** `eager` is the reference as it is, in PyTorch or NumPy. */
    times: z
      .strictObject({ candidate: timesSchema, eager: timesSchema, compiled: timesSchema.nullable() })
      .nullable(),
    /** Time of the reference / time of the candidate, against the faster of the two references. */
    speedup: ratioSchema.extend({ against: z.enum(baselines) }).nullable(),
    /** Milliseconds of reference and candidate, in the order in which they were taken. */
    samples: z
      .strictObject({ pairs: z.array(z.tuple([milliseconds, milliseconds])).max(100_000) })
      .nullable(),
    library_ops: z.array(z.string().max(500)).max(1000),
    /** What the text looks like; no verdict rests on it. */
    hints: z.array(z.strictObject({ line: z.int().positive(), text: sentence })).max(1000),
    log_tail: log,
  })
  .refine(({ correct, compiled, verdict }) => verdict !== "correct" || (correct && compiled), {
    message: "the verdict says something else than compiled and correct",
  })
  .refine(({ verdict, speedup }) => verdict === "correct" || speedup === null, {
    message: "a speedup without being correct",
  });
export type CandidateResult = z.infer<typeof candidateResultSchema>;
export type KernelTimes = NonNullable<CandidateResult["times"]>;

/** The times of the reference that a speedup is against. */
export function baselineTimes(times: KernelTimes, against: Baseline): KernelTimes["eager"] {
  return (against === "compiled" ? times.compiled : null) ?? times.eager;
}

const common = {
  format: z.literal(1),
  harness: z.strictObject({ version: id, sha256: sha }),
  started: z.iso.datetime(),
  finished: z.iso.datetime(),
  /** SHA-256 of the secret seed, and the seed itself, which is shown only afterwards. */
  seed_commitment: sha,
  seed: z.string().max(500),
  device: deviceSchema,
  isolation: z.strictObject({
    sandbox: z.enum(["bwrap", "namespaces", "none"]),
    network: z.enum(["none", "shared"]),
    limits: z.boolean(),
  }),
  problem: problemSchema,
  seconds: z.strictObject({ total: seconds, kernels: seconds }),
};

/** What the harness found out about the candidates of one problem. */
export const kernelResultSchema = z.strictObject({
  ...common,
  results: z.array(candidateResultSchema).max(1000),
  versus: z.array(z.strictObject({ one: id, other: id, ratio: ratioSchema.nullable(), n: count })).max(1000),
});
export type KernelResult = z.infer<typeof kernelResultSchema>;

/** What the harness found out about a problem alone. */
export const problemResultSchema = z.strictObject(common);
export type ProblemResult = z.infer<typeof problemResultSchema>;
