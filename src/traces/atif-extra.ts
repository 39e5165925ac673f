import { z } from "zod";
import type { JsonValue } from "./json-value.ts";
import { objectAt } from "./json-value.ts";
import { callKinds, formatNames } from "./session.ts";

/**
 * What ATIF has no field for, under `extra.overproof` of a trajectory, a step, a call and a result. A file that others
 * wrote may hold anything there: what does not fit is ignored as a whole.
 */
const origin = z.object({ file: z.string(), line_from: z.number(), line_to: z.number() });

const trajectoryExtra = z.object({
  /** The format that the session was read from. */
  format: z.enum(formatNames).optional(),
  variant: z.string().optional(),
  session_id: z.string().optional(),
  agent: z.string().optional(),
  agent_version: z.string().optional(),
  cwd: z.string().optional(),
  exit_status: z.string().optional(),
  submission: z.string().optional(),
  skills: z.array(z.string()).optional(),
  compactions: z.int().min(0).optional(),
  conversation: z.int().min(0).optional(),
  subagent: z.string().nullable().optional(),
  branch: z.enum(["active", "abandoned"]).optional(),
});

const stepExtra = z.object({
  /** Its place among all steps of the session, which are told in several trajectories. */
  place: z.number(),
  origin,
  /** What only steps of an agent may have in ATIF. */
  reasoning: z.string().optional(),
  model: z.string().optional(),
  timestamp: z.string().optional(),
  usage: z
    .object({
      input: z.number(),
      cachedInput: z.number(),
      output: z.number(),
      costUsd: z.number().nullable(),
    })
    .nullable()
    .optional(),
});

const callExtra = z.object({
  id: z.string(),
  kind: z.enum(callKinds),
  command: z.string().nullable(),
  cwd: z.string().nullable(),
  paths: z.array(z.string()),
  patch: z.string().nullable(),
  origin,
});

const resultExtra = z.object({
  exit_code: z.number().nullable(),
  is_error: z.boolean().nullable(),
  is_cut: z.boolean(),
  duration_ms: z.number().nullable(),
  origin,
});

export type TrajectoryExtra = z.infer<typeof trajectoryExtra>;
export type StepExtra = z.infer<typeof stepExtra>;
export type CallExtra = z.infer<typeof callExtra>;
export type ResultExtra = z.infer<typeof resultExtra>;

function reader<T>(schema: z.ZodType<T>) {
  return (value: JsonValue | undefined): T | undefined =>
    schema.safeParse(objectAt(objectAt(value, "extra"), "overproof")).data;
}

export const trajectoryExtraOf = reader(trajectoryExtra);
export const stepExtraOf = reader(stepExtra);
export const callExtraOf = reader(callExtra);
export const resultExtraOf = reader(resultExtra);
