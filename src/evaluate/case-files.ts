import { type EvalSuite, parseEvalSuite } from "./eval-case.ts";
import { parseSkillMeta, parseUpskillTests, type SkillMeta } from "./upskill-tests.ts";

/** Where a skill keeps its cases, relative to its folder. The first one that is there counts. */
export const caseFiles = ["evals/evals.json", "skill_meta.json", "tests.json"] as const;

/** What is known of a skill's cases. */
export interface SkillCases {
  suite: EvalSuite;
  /** Of upskill's file, where there is one. */
  meta: SkillMeta | undefined;
}

/**
 * The cases of a skill: those of `evals/evals.json`, else upskill's. `read` gives the text of a file by its path
 * below the skill's folder, undefined where there is none; `folder` is for messages. Throws `Failure` (exit code 2).
 */
export async function readSkillCases(
  skillName: string,
  folder: string,
  read: (path: string) => Promise<string | undefined>,
): Promise<SkillCases> {
  return skillCasesOf(skillName, folder, await Promise.all(caseFiles.map(read)));
}

/** The same from the texts of `caseFiles`, in their order. Throws `Failure` (exit code 2). */
export function skillCasesOf(
  skillName: string,
  folder: string,
  [evals, metaText, tests]: readonly (string | undefined)[],
): SkillCases {
  const meta = metaText === undefined ? undefined : parseSkillMeta(metaText, `${folder}/skill_meta.json`);
  if (evals !== undefined) {
    return { suite: parseEvalSuite(evals, `${folder}/evals/evals.json`), meta: meta?.metadata };
  }
  const cases = meta?.cases ?? (tests === undefined ? [] : parseUpskillTests(tests, `${folder}/tests.json`));
  return { suite: { skillName, cases, dialect: "assertions", others: {} }, meta: meta?.metadata };
}
