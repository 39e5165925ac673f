import { usageFailure } from "../failure.ts";
import { entryNameProblem } from "../files/zip-entry-name.ts";
import type { SkillFile } from "../skills/skill-file.ts";
import { type Given, givenDigest, installedDigest, placeboOf } from "./given.ts";
import type { SkillFiles, SkillFolder } from "./skill-files.ts";
import type { Arm } from "./trial.ts";

/** What each measured arm gives; null gives nothing. */
export type Arms = ReadonlyMap<Arm, Given | null>;

/** How much of what a skill refers to is given along with it. */
const mostReferences = 50;
const largestReferences = 400_000;

/** Cases lie beside the skill, and no student may see them. */
const caseFile = /^(?:evals\/|skill_meta\.json$|tests\.json$)/i;

/** A skill as a chat student gets it: its texts, and the files below its folder that its body refers to. */
export async function givenOf({ frontMatter, body }: SkillFile, beside: SkillFiles): Promise<Given> {
  const files = new Map<string, string>();
  let size = 0;
  for (const path of referencesIn(body).slice(0, mostReferences)) {
    const text = await beside.read(path);
    if (text === undefined || size + text.length > largestReferences) continue;
    files.set(path, text);
    size += text.length;
  }
  return { name: frontMatter.name, description: frontMatter.description, body, files };
}

/** In bytes, of all files of a skill. */
const largestSkill = 64 * 1_048_576;

/**
 * All files of a skill as an agent gets them: SKILL.md and what lies beside it, but for its cases. Throws `Failure`
 * (exit code 2) for files that cannot be copied everywhere, and for too much.
 */
export async function installedOf(beside: SkillFolder, shown: string): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  let size = 0;
  for (const path of (await beside.list()).filter((one) => !caseFile.test(one))) {
    const problem = entryNameProblem(path, 400);
    const bytes = problem === null ? await beside.bytes(path) : undefined;
    size += bytes?.length ?? 0;
    if (bytes === undefined || size > largestSkill) {
      throw usageFailure(
        `The file ${JSON.stringify(path)} of ${shown} cannot be given to an agent, because ${problem ?? "it cannot be read, or all files have more than 64 MiB"}.`,
        "Rename it, or keep it elsewhere.",
      );
    }
    files.set(path, bytes);
  }
  return files;
}

/** The paths that a body names in Markdown links, in code spans and below the folders of the specification. */
export function referencesIn(body: string): string[] {
  const found = new Set<string>();
  const patterns = [
    /\]\(\s*<?([^\s()<>#?]+)/g,
    /`([^`\s]+\/[^`\s]+\.[A-Za-z0-9]+)`/g,
    /(?<![\w/.-])((?:references|scripts|assets)\/[\w./-]*\w)/g,
  ];
  for (const pattern of patterns) {
    for (const [, path = ""] of body.matchAll(pattern)) {
      const plain = path.replace(/^\.\//, "");
      if (entryNameProblem(plain, 400) === null && !caseFile.test(plain)) found.add(plain);
    }
  }
  return [...found];
}

/**
 * The arms of a skill. A base that gives the same as head, and a skill that has none, leave `base` out: there would be
 * nothing to compare.
 */
export function armsOf(given: { head: Given; base: Given | undefined; placebo: boolean }): Arms {
  const { head, base, placebo } = given;
  const arms = new Map<Arm, Given | null>([["none", null]]);
  const isSame =
    base !== undefined &&
    givenDigest(base) === givenDigest(head) &&
    installedDigest(base) === installedDigest(head);
  if (base !== undefined && !isSame) arms.set("base", base);
  arms.set("head", head);
  if (placebo) arms.set("placebo", placeboOf(head));
  return arms;
}
