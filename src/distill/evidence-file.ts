import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { reasonOf, usageFailure } from "../failure.ts";
import { claimSchema } from "./claim.ts";

/** How a trace entered a skill. */
const traceEntrySchema = z.object({
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  mode: z.enum(["search_log", "expert_tuning", "error_fix", "session"]),
  op: z.string(),
  dsl: z.string(),
  backend: z.string(),
  arch: z.string(),
  /** The name of the folder or file, for people; never used as a path. */
  source: z.string(),
  /** The model spec that distilled it, or `offline`. */
  model: z.string(),
  prompt_sha256: z.string(),
  /** When, as an ISO date and time in UTC. */
  distilled_at: z.string(),
});
export type TraceEntry = z.infer<typeof traceEntrySchema>;

const placeSchema = z.object({ file: z.string(), line: z.number().int().positive().optional() });

export const evidenceSchema = z.object({
  id: z.string().min(1).max(300),
  kind: z.enum(["task", "best", "step", "slower", "same", "failure", "hand"]),
  trace: z.string(),
  places: z.array(placeSchema),
  summary: z.string(),
  parent_id: z.string().exactOptional(),
  child_id: z.string().exactOptional(),
  parent_gen_time_us: z.number().exactOptional(),
  child_gen_time_us: z.number().exactOptional(),
  improvement: z.number().exactOptional(),
  diff: z.string().exactOptional(),
});

/** `.overproof/evidence/<name>.json`: what every claim of a skill rests on, and which traces it has seen. */
export const evidenceFileSchema = z.object({
  format: z.literal(1),
  skill: z.string(),
  /** Path of the SKILL.md, relative to the library. */
  path: z.string(),
  traces: z.array(traceEntrySchema),
  claims: z.array(claimSchema),
  /** Only the items that claims rest on. */
  evidence: z.array(evidenceSchema),
});
export type EvidenceFile = z.infer<typeof evidenceFileSchema>;

/**
 * Reads all evidence files below a folder, by skill name; a missing folder gives none.
 * Throws `Failure` (exit code 2) for a file that does not fit the schema: guessing would lose a claim's origin.
 */
export async function readEvidenceFiles(folder: string): Promise<Map<string, EvidenceFile>> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw usageFailure(`${folder} cannot be read: ${reasonOf(error)}.`, "Make it a readable folder.", error);
  });
  const files = new Map<string, EvidenceFile>();
  for (const name of names.filter((candidate) => candidate.endsWith(".json")).sort()) {
    const path = join(folder, name);
    const parsed = parseEvidenceFile(await readFile(path, "utf8"), path);
    files.set(parsed.skill, parsed);
  }
  return files;
}

/** Parses one evidence file; `path` is for messages. */
export function parseEvidenceFile(text: string, path: string): EvidenceFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw usageFailure(`${path} is not JSON.`, "Restore it from git history.", error);
  }
  const parsed = evidenceFileSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw usageFailure(
    `${path} is not an evidence file: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}.`,
    "Restore it from git history.",
  );
}

export function writeEvidenceFile(file: EvidenceFile): string {
  return `${JSON.stringify(file, null, 2)}\n`;
}
