import { z } from "zod";
import { sha256 } from "../digest.ts";
import { kernelOutcomeSchema } from "./kernel-outcome.ts";

/** What a student is given; see the blueprint's words. `placebo` is as long as `head` and beside the point. */
export const arms = ["none", "base", "head", "placebo"] as const;
export type Arm = (typeof arms)[number];

/**
 * What a run is for. `capability`: the skill is given, does the student do better? `triggering`: the skill may be
 * chosen, is it chosen when it should be? The two are never mixed.
 */
export const measurements = ["capability", "triggering"] as const;
export type Measurement = (typeof measurements)[number];

/** How an agent was kept from others: in a sandbox, in a namespace of processes, or not at all. */
export const isolations = ["bwrap", "unshare", "none"] as const;
export type Isolation = (typeof isolations)[number];

/** Raised whenever a trial would come out differently for reasons of ours: results of another version are not reused. */
export const harnessVersion = "2";

const sha = z.string().regex(/^[0-9a-f]{64}$/);

/** How replies are drawn. Absent values are the provider's own, or the agent's. */
export const samplingSchema = z.strictObject({
  temperature: z.number().min(0).max(2).exactOptional(),
  max_output_tokens: z.number().int().positive().exactOptional(),
});
export type Sampling = z.infer<typeof samplingSchema>;

/**
 * Everything that a trial depends on. Two trials of one identity are the same trial: it is never run twice, and a
 * result is reused by every skill and pull request that needs it. The arm is not in it, what the arm gives is: a base
 * skill that was the head of an earlier pull request was measured there.
 */
export const trialIdentitySchema = z.strictObject({
  harness: z.string(),
  measurement: z.enum(measurements),
  runner: z.enum(["chat", "command"]),
  /** SHA-256 of an agent's settings: command, limits and the like. Absent for a plain chat. */
  agent_sha256: sha.exactOptional(),
  /** Whether the skill is disclosed step by step to a chat; absent where it is given whole, or not at all. */
  disclosed: z.literal(true).exactOptional(),
  /** SHA-256 of the case: prompt, files, checks. */
  case_sha256: sha,
  /** SHA-256 of the skill as it is given (its name, text and files), or null where none is. */
  given_sha256: sha.nullable(),
  /** The student's spec, such as `openai:gpt-5-mini`, without anything secret. */
  student: z.string(),
  /** The version that the configuration pins for the student; empty where it pins none. */
  student_version: z.string(),
  sampling: samplingSchema,
  /** From 0. */
  repeat: z.number().int().nonnegative(),
});
export type TrialIdentity = z.infer<typeof trialIdentitySchema>;

/** The name of a trial's result: SHA-256 over its identity in a fixed order. */
export function trialKey(identity: TrialIdentity): string {
  const { harness, measurement, runner, agent_sha256, disclosed, case_sha256, given_sha256 } = identity;
  const { student, student_version, sampling, repeat } = identity;
  const { temperature = null, max_output_tokens = null } = sampling;
  return sha256(
    JSON.stringify([
      harness,
      measurement,
      runner,
      case_sha256,
      given_sha256,
      student,
      student_version,
      temperature,
      max_output_tokens,
      repeat,
      ...(agent_sha256 === undefined ? [] : [agent_sha256]),
      ...(disclosed === undefined ? [] : ["disclosed"]),
    ]),
  );
}

const count = z.number().int().nonnegative();

/** As the provider counted them; null where it does not say. */
export const tokensSchema = z.strictObject({
  input: count.nullable(),
  cached_input: count.nullable(),
  output: count.nullable(),
});

export const checksSchema = z.array(
  z.strictObject({ check: z.string(), passed: z.boolean(), evidence: z.string() }),
);

/**
 * One line of the result store. `passed` and `failed` are what the student did; `excluded` is a failure of the
 * infrastructure, which says nothing about the student and leaves the comparison in both arms.
 */
export const trialSchema = z.strictObject({
  format: z.literal(1),
  key: sha,
  identity: trialIdentitySchema,
  /** The case's id, for people. */
  case: z.string(),
  outcome: z.enum(["passed", "failed", "excluded"]),
  checks: checksSchema,
  tokens: tokensSchema,
  /** By the dated price table of the configuration; null without a price. */
  cost_usd: z.number().nonnegative().nullable(),
  /** 0 where it was not measured: the answers of a batch wait for each other. */
  latency_ms: z.number().nonnegative(),
  /** The model that answered, as the provider names it. */
  model: z.string(),
  /** SHA-256 of the request with the skill block taken out: equal in all arms of a case, or the run is void. */
  frame_sha256: sha,
  request_sha256: sha,
  /** SHA-256 of the reply; its text is in `replies/<digest>.txt`. Null without a reply. */
  reply_sha256: sha.nullable(),
  error: z.strictObject({ class: z.string(), message: z.string() }).nullable(),
  /** Calls that were made for it, failed ones included. */
  calls: count,
  /** Of a kernel case. */
  kernel: kernelOutcomeSchema.exactOptional(),
  /** Of an agent's trial; absent where the agent did not run, and in results from before it was noted. */
  isolation: z.enum(isolations).exactOptional(),
  finished_at: z.iso.datetime(),
});
export type Trial = z.infer<typeof trialSchema>;
