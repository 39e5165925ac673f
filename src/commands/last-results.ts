import { givenOf } from "../evaluate/arms.ts";
import { evaluationFigures } from "../evaluate/figures.ts";
import { givenDigest } from "../evaluate/given.ts";
import { filesInCommit } from "../evaluate/skill-files.ts";
import type { ArchivedResults } from "../skills/archive.ts";
import { parseSkillFile } from "../skills/skill-file.ts";
import { skillFolder } from "../skills/skill-place.ts";
import type { CollectedResults } from "./collected-results.ts";
import type { LandingPlace } from "./landing-place.ts";

/**
 * What the last evaluation said of a skill, from the path of its SKILL.md in a commit; null where there are no results,
 * or those of another text.
 */
export async function lastResults(
  { name, path, commit }: { name: string; path: string; commit: string },
  results: CollectedResults | undefined,
  { repository, config }: LandingPlace,
): Promise<ArchivedResults | null> {
  const planned = results?.plan.skills.find((skill) => skill.name === name);
  if (results === undefined || planned === undefined) return null;
  const files = filesInCommit(repository, commit, skillFolder(path));
  const text = await files.read("SKILL.md");
  if (text === undefined) return null;
  const given = await givenOf(parseSkillFile(text, path), files);
  if (givenDigest(given) !== planned.given.head) return null;
  const { trials, judgements, noise } = results;
  const { alpha, margin, "minimum-effect": minimumEffect } = config.evaluate;
  const plan = { ...results.plan, thresholds: { alpha, margin, minimum_effect: minimumEffect } };
  const figures = evaluationFigures(plan, trials, { teacher: config.model, judgements, noise });
  const own = figures.skills.find(({ skill }) => skill.name === name);
  if (own === undefined) return null;
  return own.students.map(({ student, verdict, comparison }) => {
    const difference = comparison?.decision.difference;
    return {
      student: student.slice(0, 300),
      verdict,
      cases: comparison?.decision.cases ?? 0,
      difference: finite(difference?.value),
      low: finite(difference?.low),
      high: finite(difference?.high),
    };
  });
}

function finite(value: number | undefined): number | null {
  return value === undefined || !Number.isFinite(value) ? null : value;
}
