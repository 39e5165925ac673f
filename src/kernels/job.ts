import { z } from "zod";
import { devices, dsls, dtypes, sizes } from "./choices.ts";

const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/);
const path = z.string().min(1).max(4096);

export const limitsSchema = z.strictObject({
  compile_seconds: z.number().min(1).max(3600),
  run_seconds: z.number().min(1).max(3600),
  memory_bytes: z
    .int()
    .min(2 ** 26)
    .max(2 ** 44),
  processes: z.int().min(4).max(65_536),
  file_bytes: z
    .int()
    .min(2 ** 16)
    .max(2 ** 40),
});
export type Limits = z.infer<typeof limitsSchema>;

const mostElements = 2 ** 31;
const shapeSchema = z
  .array(z.int().min(1).max(mostElements))
  .max(8)
  .refine((shape) => shape.reduce((count, extent) => count * extent, 1) <= mostElements, {
    message: "a shape of more than 2^31 elements",
  });
export const shapesSchema = z.array(z.array(shapeSchema).min(1).max(50)).max(50);
export const dtypesSchema = z.array(z.enum(dtypes)).max(dtypes.length);

/** What the harness is asked to do: the file that its `--job` names. Paths are absolute. */
export const jobSchema = z
  .strictObject({
    format: z.literal(1),
    problem: z.strictObject({ path, format: z.enum(["auto", "python", "task", "abi"]) }),
    candidates: z.array(z.strictObject({ id: name, path, dsl: z.enum(dsls) })).max(1000),
    device: z.enum(devices),
    /** Null leaves the problem's own size. */
    size: z.enum(sizes).nullable(),
    /** Fresh secret inputs on the main shape. */
    trials: z.int().min(1).max(1000),
    /** Further shapes to verify on: for each one a shape of every tensor that the problem's inputs hold, in order. */
    shapes: shapesSchema,
    /** Further element types of floating inputs and weights to verify in. */
    dtypes: dtypesSchema,
    /** Null measures correctness alone. */
    timing: z
      .strictObject({ pairs: z.int().min(3).max(10_001), seconds: z.number().min(0.1).max(3600) })
      .nullable(),
    /** Candidates that are timed against each other, by id. */
    versus: z.array(z.tuple([name, name])).max(1000),
    /** Whether a framework operator may do the problem's work. */
    policy: z.strictObject({ library: z.enum(["allowed", "refused"]) }),
    limits: limitsSchema,
    /** Folder of compile results; null keeps none. */
    cache: path.nullable(),
  })
  .refine(({ candidates }) => new Set(candidates.map(({ id }) => id)).size === candidates.length, {
    message: "two candidates have one id",
  })
  .refine(({ candidates, versus }) => versus.flat().every((id) => candidates.some((one) => one.id === id)), {
    message: "versus names a candidate that is not there",
  });
export type Job = z.infer<typeof jobSchema>;

/** The text of a job file. Throws where a job does not fit its schema, which is a bug. */
export function writeJob(job: Job): string {
  return `${JSON.stringify(jobSchema.parse(job), null, 2)}\n`;
}

/** In seconds: what the harness needs beside its candidates, and the pauses between the steps of one of them. */
const ownSeconds = 120;
const secondsBetween = 60;

/**
 * Seconds after which a job cannot be on its way any more, if the harness keeps its own limits: each candidate has its
 * compile phase, its run phase twice (a crash is tried again on a healthy device) and its timing; each pair its timing.
 */
export function longestSeconds({ candidates, limits, timing, versus }: Job): number {
  const timed = timing === null ? 0 : 2 * timing.seconds;
  const one = limits.compile_seconds + 2 * limits.run_seconds + timed + secondsBetween;
  return ownSeconds + limits.run_seconds + candidates.length * one + versus.length * (timed + secondsBetween);
}
