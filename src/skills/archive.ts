import { z } from "zod";
import { compareText } from "../compare-text.ts";
import type { Verdict } from "../evaluate/verdict.ts";
import { isDeviceName } from "../files/device-name.ts";
import { parsedJson } from "../files/parsed-json.ts";
import { pathProblem } from "../git/path.ts";
import { longestName } from "./skill-name.ts";

/** The index lies beside the folder of the evidence files. */
export const archiveFileName = "archive.json";

const skillName = z
  .string()
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/)
  .max(longestName)
  .refine((name) => !isDeviceName(name), "is the name of a device on Windows");

/** Written out, since the rules of the verdicts bring all statistics with them. */
const verdicts = ["better", "no worse", "worse", "cannot tell"] as const satisfies readonly Verdict[];

/** What the last evaluation said, one entry for each student; differences are shares of 1. */
const resultsSchema = z
  .array(
    z.strictObject({
      student: z.string().max(300),
      verdict: z.enum(verdicts),
      /** Unseen cases that counted. */
      cases: z.number().int().nonnegative(),
      difference: z.number().nullable(),
      low: z.number().nullable(),
      high: z.number().nullable(),
    }),
  )
  .max(50);
export type ArchivedResults = z.infer<typeof resultsSchema>;

const archiveEntrySchema = z.strictObject({
  name: skillName,
  /** Of the SKILL.md, relative to the library, with slashes. Its folder holds the skill's other files. */
  path: z
    .string()
    .max(1000)
    .regex(/(?:^|\/)[^/]+\/SKILL\.md$/, "is no path of a SKILL.md in a folder of its own")
    .refine((path) => pathProblem(path) === undefined, "is no plain path inside the library"),
  /** A commit of the target branch that still holds the skill; SHA-1 or SHA-256. */
  commit: z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/),
  /** The skills that say what it said; none where it was retired without one. */
  survivors: z.array(skillName).max(20),
  reason: z.string().min(1).max(2000),
  results: resultsSchema.nullable(),
  date: z.iso.datetime(),
});
export type ArchiveEntry = z.infer<typeof archiveEntrySchema>;

const archiveSchema = z.strictObject({
  format: z.literal(1),
  retired: z.array(archiveEntrySchema).max(100_000),
});
export type Archive = z.infer<typeof archiveSchema>;

export const emptyArchive: Archive = { format: 1, retired: [] };

/** Parses the index of retired skills, sorted by name and then by date; `file` is for messages. Throws `Failure` (exit code 2). */
export function parseArchive(text: string, file: string): Archive {
  const { retired } = parsedJson(text, archiveSchema, {
    file,
    kind: "an index of retired skills",
    remedy: "Resolve what a merge left in it, or restore it from git history.",
  });
  return { format: 1, retired: retired.toSorted(byName) };
}

/**
 * The text of the index: one line for each field, skills by name. Two branches that retire different skills then
 * change different lines, and git merges them; in the order of time both would add at the end.
 */
export function writeArchive(archive: Archive): string {
  const retired = [...archive.retired].sort(byName).map((entry) => archiveEntrySchema.parse(entry));
  return `${JSON.stringify({ format: 1, retired }, null, 2)}\n`;
}

/** The index with entries more; one with the same name and commit is replaced. */
export function extendArchive(archive: Archive, entries: readonly ArchiveEntry[]): Archive {
  const byKey = new Map([...archive.retired, ...entries].map((entry) => [keyOf(entry), entry]));
  return { format: 1, retired: [...byKey.values()].sort(byName) };
}

/** The index without some entries, which are restored. */
export function withoutEntries(archive: Archive, entries: readonly ArchiveEntry[]): Archive {
  const gone = new Set(entries.map(keyOf));
  return { format: 1, retired: archive.retired.filter((entry) => !gone.has(keyOf(entry))) };
}

function keyOf({ name, commit }: ArchiveEntry): string {
  return `${name}@${commit}`;
}

/** The last retirement of a name comes last. */
function byName(a: ArchiveEntry, b: ArchiveEntry): number {
  return compareText(a.name, b.name) || compareText(a.date, b.date) || compareText(a.commit, b.commit);
}
