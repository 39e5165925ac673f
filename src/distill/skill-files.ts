import { z } from "zod";
import { sha256 } from "../digest.ts";
import { isDeviceName } from "../files/device-name.ts";

/**
 * Where a distilled skill may have files besides its SKILL.md. Nothing else is ever written there, and nothing is
 * executable: a script is text to read and to run by hand.
 */
export const skillFilePath =
  /^(?:references\/[a-z0-9][a-z0-9-]{0,60}\.md|scripts\/[a-z0-9][a-z0-9-]{0,60}\.sh|evals\/evals\.json|skill_meta\.json)$/;

/** Characters of a file beside a SKILL.md: a reviewer sees all of it. */
export const maxFileLength = 30_000;

/** A file beside a SKILL.md; its path is relative to the skill's folder. */
export const skillFileSchema = z.strictObject({
  path: z
    .string()
    .regex(skillFilePath)
    .refine((path) => !path.split("/").some(isDeviceName), "is the name of a device on Windows"),
  content: z.string().max(maxFileLength),
});
export type SkillFileBeside = z.infer<typeof skillFileSchema>;

/** What we wrote there last: whoever changed it since is a person, and keeps their words. */
export const writtenFileSchema = z.strictObject({
  path: z.string(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
export type WrittenFile = z.infer<typeof writtenFileSchema>;

/** Which files of a draft are written, and what is known of all of them afterwards. */
export function placeFiles(
  wanted: readonly SkillFileBeside[],
  there: ReadonlyMap<string, string>,
  known: readonly WrittenFile[],
): { files: SkillFileBeside[]; written: WrittenFile[]; notes: string[] } {
  const digests = new Map(known.map(({ path, sha256: digest }) => [path, digest]));
  const files: SkillFileBeside[] = [];
  const notes: string[] = [];
  for (const file of wanted) {
    const old = there.get(file.path);
    if (old === file.content) {
      digests.set(file.path, sha256(old));
    } else if (old === undefined || digests.get(file.path) === sha256(old)) {
      files.push(file);
      digests.set(file.path, sha256(file.content));
    } else {
      notes.push(`A person changed ${file.path}; it is left as it is.`);
    }
  }
  const written = [...digests].map(([path, digest]) => ({ path, sha256: digest }));
  return { files, written: written.sort((a, b) => (a.path < b.path ? -1 : 1)), notes };
}
