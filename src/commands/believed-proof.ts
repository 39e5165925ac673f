import type { Config } from "../config/config.ts";
import { plannedTrials } from "../evaluate/plan.ts";
import { recheck } from "../evaluate/recheck.ts";
import { loadSuite, type SuiteCase } from "../evaluate/suite.ts";
import { learnedByAll, type MergedSkills, sourceFolder } from "../organize/merged-skills.ts";
import type { CollectedResults } from "./collected-results.ts";
import { plannedStudents } from "./students.ts";

/**
 * Why results from elsewhere prove nothing about merges: a configured student was not asked, or a result says something
 * else than the reply beside it, checked again by the cases of the sources. Undefined where they can be believed. What a
 * kernel is worth cannot be measured again here. Throws `Failure` (exit code 2) for cases that cannot be read.
 */
export async function whyNotBelieved(
  merges: readonly MergedSkills[],
  results: CollectedResults,
  { config, cwd }: { config: Config; cwd: string },
): Promise<string | undefined> {
  const { plan, trials, judgements } = results;
  const asked = new Set(plan.students.map(({ spec }) => spec));
  const configured = config.evaluate.students.length === 0 ? [] : plannedStudents([], config, cwd);
  const silent = configured.find(({ spec }) => !asked.has(spec));
  if (silent !== undefined) return `The configured student ${silent.spec} was not asked.`;
  const cases = await casesOf(merges);
  const own = plannedTrials(plan).filter(({ skill, case: one }) => cases.has(nameOf(skill, one.id)));
  const found = await recheck(own, trials, {
    caseOf: ({ skill, case: one }) => {
      const found = cases.get(nameOf(skill, one.id));
      if (found === undefined) throw new Error(`There is no case ${one.id} of ${skill}.`);
      return found;
    },
    replyOf: (digest) => results.reply(digest),
    judge: plan.judge,
    judgements,
  });
  const [first] = found.problems;
  if (first !== undefined) return `Results do not fit their replies: ${first}`;
  return found.withoutReply > 0 ? "Results came without the replies that they are about." : undefined;
}

async function casesOf(merges: readonly MergedSkills[]): Promise<Map<string, SuiteCase>> {
  const cases = new Map<string, SuiteCase>();
  for (const merge of merges) {
    const learnedFrom = learnedByAll(merge).traces;
    for (const source of merge.sources) {
      const { name } = source;
      const suite = await loadSuite(sourceFolder(source), name, { name, learnedFrom });
      for (const one of suite.cases) cases.set(nameOf(name, one.id), one);
    }
  }
  return cases;
}

function nameOf(skill: string, id: string): string {
  return JSON.stringify([skill, id]);
}
