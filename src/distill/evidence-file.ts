import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { evidenceKinds } from "../evidence/evidence.ts";
import { reasonOf, usageFailure } from "../failure.ts";
import { parsedJson } from "../files/parsed-json.ts";
import { claimSchema } from "./claim.ts";
import { entryModes } from "./material.ts";
import { writtenFileSchema } from "./skill-files.ts";

/** How a trace entered a skill. */
export const traceEntrySchema = z.object({
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  mode: z.enum(entryModes),
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
  distilled_at: z.iso.datetime(),
});
export type TraceEntry = z.infer<typeof traceEntrySchema>;

const placeSchema = z.object({ file: z.string(), line: z.number().int().positive().optional() });

export const evidenceSchema = z.object({
  id: z.string().min(1).max(300),
  kind: z.enum(evidenceKinds),
  trace: z.string(),
  places: z.array(placeSchema),
  summary: z.string(),
  parent_id: z.string().exactOptional(),
  child_id: z.string().exactOptional(),
  parent_gen_time_us: z.number().exactOptional(),
  child_gen_time_us: z.number().exactOptional(),
  improvement: z.number().exactOptional(),
  diff: z.string().exactOptional(),
  signature: z.string().exactOptional(),
  log: z.string().exactOptional(),
  words: z.string().exactOptional(),
  command: z.string().exactOptional(),
  metric: z
    .strictObject({
      name: z.string(),
      unit: z.string(),
      before: z.number(),
      after: z.number(),
      better: z.enum(["low", "high"]),
    })
    .exactOptional(),
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
  /** Files beside the SKILL.md, as they were written last; absent when there are none. */
  files: z.array(writtenFileSchema).exactOptional(),
});
export type EvidenceFile = z.infer<typeof evidenceFileSchema>;

/** In bytes. A search of ten thousand versions stays far below it; larger files are not read. */
export const maximumEvidenceFile = 64 * 1_048_576;

const restore = "Restore it from git history.";

/**
 * Reads all evidence files below a folder, by skill name; a missing folder gives none. Throws `Failure` (exit code 2)
 * for a file that cannot be read, does not fit the schema, or is not named after its skill: guessing would lose a
 * claim's origin.
 */
export async function readEvidenceFiles(folder: string): Promise<Map<string, EvidenceFile>> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw usageFailure(`${folder} cannot be read: ${reasonOf(error)}.`, "Make it a readable folder.", error);
  });
  const files = new Map<string, EvidenceFile>();
  for (const name of names.filter((candidate) => candidate.endsWith(".json")).sort()) {
    const path = join(folder, name);
    const parsed = parseEvidenceFile(await readText(path), path);
    if (name !== `${parsed.skill}.json`) {
      throw usageFailure(
        `${path} is the evidence of another skill, ${JSON.stringify(parsed.skill)}.`,
        "Give it the name of its skill, or restore it from git history.",
      );
    }
    files.set(parsed.skill, parsed);
  }
  return files;
}

async function readText(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size <= maximumEvidenceFile) return await readFile(path, "utf8");
  } catch (error) {
    throw usageFailure(`${path} cannot be read: ${reasonOf(error)}.`, "Make it a readable file.", error);
  }
  throw usageFailure(`${path} is larger than 64 MiB, more than an evidence file may be.`, restore);
}

/** Parses one evidence file; `path` is for messages. Throws `Failure` (exit code 2). */
export function parseEvidenceFile(text: string, path: string): EvidenceFile {
  return parsedJson(text, evidenceFileSchema, { file: path, kind: "an evidence file", remedy: restore });
}

export function writeEvidenceFile(file: EvidenceFile): string {
  return `${JSON.stringify(file, null, 2)}\n`;
}
