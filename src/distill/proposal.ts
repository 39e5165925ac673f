import { z } from "zod";
import { Failure } from "../failure.ts";
import { isDeviceName } from "../files/device-name.ts";
import { firstIssue, parsedJson } from "../files/parsed-json.ts";
import { evidenceFileSchema, evidenceSchema, traceEntrySchema } from "./evidence-file.ts";
import { answerSchema } from "./distill-answer.ts";
import { modes } from "./material.ts";
import { operationSchema } from "./operation.ts";
import { isReproduceCommand } from "./reproduce-command.ts";
import { skillFileSchema } from "./skill-files.ts";

/** Characters of the command that makes a proposal again. */
export const maxReproduce = 2000;

const sha = z.string().regex(/^[0-9a-f]{64}$/);

/** Names of skills and of scopes: what a folder may be called. */
export const skillNamePattern = /^[a-z0-9]+(-[a-z0-9]+)*$/;

const folderName = z
  .string()
  .regex(skillNamePattern)
  .max(64)
  .refine((name) => !isDeviceName(name), "is the name of a device on Windows");

/** The values that a distiller may set in a skill's front matter. */
const metadataSchema = z.strictObject({
  source: z.string().max(200).exactOptional(),
  category: z.string().max(200).exactOptional(),
  dsl: z.string().max(200).exactOptional(),
  backend: z.string().max(200).exactOptional(),
  hardware: z.string().max(200).exactOptional(),
});

/** A generation makes no proposal: its request is no trace that could be distilled. */
const distilledEntrySchema = traceEntrySchema.refine(({ mode }) => mode !== "request", "is a request");

/** Nor does a distillation make the files of an evaluation. */
const distilledFileSchema = skillFileSchema.refine(
  ({ path }) => /^(?:references|scripts)\//.test(path),
  "is a file that no distillation makes",
);

/** What one distillation does to one skill; several of one run may do something to the same. */
const proposedSkillSchema = z.strictObject({
  name: folderName,
  /** Path of the SKILL.md, relative to the library. It is checked again, not trusted. */
  path: z.string().max(300),
  change: z.enum(["added", "changed"]),
  /** The traces that it was made from. */
  traces: z.array(distilledEntrySchema).min(1).max(1000),
  /** The operator or subject of the traces, and the part of the library that it belongs to. */
  op: z.string().max(200),
  scope: folderName,
  /** Records of the trace that could not be read. */
  rejects: z.number().int().nonnegative(),
  /** Digests of the files this was made from; null where there was none. */
  base: z.strictObject({ skill: sha.nullable(), evidence: sha.nullable() }),
  author: z.enum(["offline", "model"]),
  /** What the distiller asked for: applied again when the target has moved on. */
  answer: answerSchema,
  evidence: z.array(evidenceSchema),
  metadata: metadataSchema,
  /** Files beside the SKILL.md that code made from the evidence. */
  files: z.array(distilledFileSchema).max(20),
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
  /** How the traces were asked to be read; each trace's own mode stands with it. */
  mode: z.enum(["auto", ...modes]),
  /** A command that makes this proposal again. */
  reproduce: z.string().max(maxReproduce).refine(isReproduceCommand, "is no command of distill"),
  /** In the order in which they are applied. */
  skills: z.array(proposedSkillSchema).min(1).max(200),
});
export type Proposal = z.infer<typeof proposalSchema>;

/** Parses a proposal file. Throws `Failure` (exit code 2) for anything that does not fit the schema. */
export function parseProposal(text: string, file: string): Proposal {
  const remedy = "Name a proposal.json that distill wrote.";
  return parsedJson(text, proposalSchema, { file, kind: "a proposal", remedy });
}

/**
 * Checks a proposal before it is written, by the schema that `propose` will read it with.
 * Throws `Failure` (exit code 1).
 */
export function requireProposal(proposal: Proposal): void {
  requireFit(proposalSchema.safeParse(proposal), "The proposal of this run");
}

/** The same for what one distillation proposes. */
export function requireProposedSkill(skill: ProposedSkill): void {
  requireFit(proposedSkillSchema.safeParse(skill), `What this proposes for the skill ${skill.name}`);
}

function requireFit(parsed: z.ZodSafeParseResult<unknown>, what: string): void {
  if (parsed.success) return;
  throw new Failure(`${what} cannot be written: ${firstIssue(parsed.error)}.`, {
    remedy: "Distil fewer traces at once, or with another model.",
    exitCode: 1,
  });
}
