import { z } from "zod";
import { reasonOf, usageFailure } from "../failure.ts";
import { evidenceFileSchema, evidenceSchema } from "./evidence-file.ts";
import { answerSchema, operationSchema } from "./operations.ts";

const sha = z.string().regex(/^[0-9a-f]{64}$/);

const proposedSkillSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/)
    .max(64),
  /** Path of the SKILL.md, relative to the library. It is checked again, not trusted. */
  path: z.string().max(300),
  change: z.enum(["added", "changed"]),
  /** Digests of the files this was made from; null where there was none. */
  base: z.strictObject({ skill: sha.nullable(), evidence: sha.nullable() }),
  author: z.enum(["offline", "model"]),
  /** What the distiller asked for: applied again when the target has moved on. */
  answer: answerSchema,
  evidence: z.array(evidenceSchema),
  metadata: z.record(z.string(), z.string()),
  /** The files as they were made from `base`. */
  text: z.string().max(2_000_000),
  evidence_file: evidenceFileSchema,
  notes: z.array(z.string()),
  refused: z.array(z.strictObject({ operation: operationSchema, reason: z.string() })),
  unsupported: z.array(z.string()),
});
export type ProposedSkill = z.infer<typeof proposedSkillSchema>;

/** What a run wants to change. Made by `distill`, which may not write to GitHub; applied by `propose`, which may. */
export const proposalSchema = z.strictObject({
  format: z.literal(1),
  command: z.literal("distill"),
  mode: z.enum(["search_log", "expert_tuning", "error_fix", "session"]),
  op: z.string().max(200),
  scope: z
    .string()
    .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/)
    .max(64),
  /** A command that makes this proposal again. */
  reproduce: z.string().max(2000),
  /** Records of the trace that could not be read. */
  rejects: z.number().int().nonnegative(),
  skills: z.array(proposedSkillSchema).min(1).max(50),
});
export type Proposal = z.infer<typeof proposalSchema>;

/** Parses a proposal file. Throws `Failure` (exit code 2) for anything that does not fit the schema. */
export function parseProposal(text: string, file: string): Proposal {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw usageFailure(
      `${file} is not JSON: ${reasonOf(error)}.`,
      "Name a proposal.json that distill wrote.",
      error,
    );
  }
  const parsed = proposalSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw usageFailure(
    `${file} is not a proposal: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? "it does not fit the schema"}.`,
    "Name a proposal.json that distill wrote.",
  );
}
