import { z } from "zod";
import { evidenceFileSchema } from "../distill/evidence-file.ts";
import { maxReproduce, skillNamePattern } from "../distill/proposal.ts";
import { isDeviceName } from "../files/device-name.ts";
import { parsedJson } from "../files/parsed-json.ts";
import { entryNameProblem } from "../files/zip-entry-name.ts";
import { ledgerEntrySchema } from "./ledger.ts";
import { claimReference, mergeOperationSchema } from "./merge-operation.ts";
import { isOrganizeCommand } from "./organize-command.ts";

const sha = z.string().regex(/^[0-9a-f]{64}$/);

/** A name that this product gives. */
const newName = z
  .string()
  .regex(skillNamePattern)
  .max(64)
  .refine((name) => !isDeviceName(name), "is the name of a device on Windows");

/** A path below some folder, in slashes, that means the same on every system. */
const plainPath = z
  .string()
  .refine((path) => entryNameProblem(path, 400) === null, "is no path inside a folder");

const skillPath = plainPath.refine((path) => path.endsWith("/SKILL.md"), "is no SKILL.md in a folder");

/** A file beside a survivor's SKILL.md. */
const survivorFileSchema = z.strictObject({
  /** Below the survivor's folder. */
  path: plainPath,
  /** The source that it is carried over from; null for a file that code makes from several. */
  from: newName.nullable(),
  /** Its path below that source's folder. */
  source_path: plainPath.nullable(),
  /** The text of a made file; null for one that is carried over byte for byte. */
  content: z.string().max(5_000_000).nullable(),
  sha256: sha,
});
export type SurvivorFile = z.infer<typeof survivorFileSchema>;

/** A skill that takes the place of others. Its path, text and files are compared with what code makes, never written. */
const survivorSchema = z.strictObject({
  name: newName,
  /** Path of the SKILL.md, relative to the library. */
  path: skillPath,
  description: z.string().min(1).max(4000),
  title: z.string().max(200),
  text: z.string().max(2_000_000),
  /** Null where no source has evidence. */
  evidence_file: evidenceFileSchema.nullable(),
  files: z.array(survivorFileSchema).max(5000),
});
export type ProposedSurvivor = z.infer<typeof survivorSchema>;

/** A skill that is superseded, as it was when the proposal was made. */
const sourceSchema = z.strictObject({
  name: newName,
  /** Path of the SKILL.md, relative to the library. */
  path: skillPath,
  sha256: sha,
  /** Every other file of the skill's folder. */
  files: z.array(z.strictObject({ path: plainPath, sha256: sha })).max(5000),
  /** Of the evidence file as it is stored; null where there is none. */
  evidence: sha.nullable(),
});
export type ProposedSource = z.infer<typeof sourceSchema>;

/** What was decided about the claims, as data; code applies it. */
const decisionSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("merge"), operations: z.array(mergeOperationSchema).max(5000) }),
  /** The claims of each survivor, in its order. */
  z.strictObject({
    kind: z.literal("split"),
    groups: z.array(z.array(claimReference).min(1).max(5000)).min(2).max(4),
  }),
]);
export type OrganizeDecision = z.infer<typeof decisionSchema>;

const mergeSchema = z.strictObject({
  kind: z.enum(["merge", "split"]),
  /** One for a merge, two to four for a split. */
  survivors: z.array(survivorSchema).min(1).max(4),
  /** Two or more for a merge, one for a split. */
  sources: z.array(sourceSchema).min(1).max(1000),
  answer: decisionSchema,
  author: z.enum(["offline", "model"]),
  /** Why these belong together, or why the skill is split. */
  reason: z.string().max(2000),
});
export type ProposedMerge = z.infer<typeof mergeSchema>;

/** Whether the survivors were measured against their sources. */
const proofSchema = z.strictObject({
  state: z.enum(["proven", "unproven"]),
  reason: z.string().max(2000),
});
export type NoLossProof = z.infer<typeof proofSchema>;

/** What `organize` wants to change; applied by `propose`, which may write to GitHub. */
export const organizeProposalSchema = z.strictObject({
  format: z.literal(1),
  command: z.literal("organize"),
  /** A command that makes this proposal again. */
  reproduce: z.string().max(maxReproduce).refine(isOrganizeCommand, "is no command of organize"),
  scopes: z.array(z.string().max(64)).max(1000),
  merges: z.array(mergeSchema).min(1).max(1000),
  /** Every claim of every source, exactly once. */
  ledger: z.array(ledgerEntrySchema).max(200_000),
  proof: proofSchema,
  /** For the reviewer. */
  notes: z.array(z.string().max(2000)).max(5000),
});
export type OrganizeProposal = z.infer<typeof organizeProposalSchema>;

/** Parses a proposal of organize. Throws `Failure` (exit code 2) for anything that does not fit the schema. */
export function parseOrganizeProposal(text: string, file: string): OrganizeProposal {
  const remedy = "Name a proposal.json that organize wrote.";
  return parsedJson(text, organizeProposalSchema, { file, kind: "a proposal of organize", remedy });
}
