import { resolve } from "node:path";
import type { Config } from "../config/config.ts";
import type { ReviewedSkill } from "../distill/apply-proposal.ts";
import { givenOf, installedOf } from "../evaluate/arms.ts";
import { evaluationFigures } from "../evaluate/figures.ts";
import { type Given, givenDigest, installedDigest } from "../evaluate/given.ts";
import type { Plan, PlannedSkill } from "../evaluate/plan.ts";
import { filesInCommit, type SkillFolder } from "../evaluate/skill-files.ts";
import type { FileChange } from "../git/commit.ts";
import type { GitRepository } from "../git/repository.ts";
import type { ProposalAb } from "../report/proposal-ab.ts";
import { parseSkillFile } from "../skills/skill-file.ts";
import { type CollectedResults, collectResults } from "./collected-results.ts";
import type { Context } from "./context.ts";

/** What is proposed, as files: those of a commit, and what changes of them. */
export interface ProposedTree {
  repository: GitRepository;
  commit: string;
  changes: readonly FileChange[];
}

/**
 * The results that come with a proposal; undefined where none are named, or none are there. Throws `Failure` (exit code
 * 2) for damaged ones.
 */
export async function resultsBeside(
  folder: string | undefined,
  { cwd, reporter }: Pick<Context, "cwd" | "reporter">,
): Promise<CollectedResults | undefined> {
  if (folder === undefined) return undefined;
  const results = await collectResults(resolve(cwd, folder), { cwd, reporter });
  if (results === undefined) reporter.warning(`There are no results in ${folder}.`);
  return results;
}

/**
 * What results say about the skills of a proposal. They count for a skill only where the head arm gave the very text
 * that is proposed, and its files: a skill is not proven by what another version of it did. The thresholds are those
 * of the configuration.
 */
export async function proposedResults(
  skills: readonly ReviewedSkill[],
  tree: ProposedTree,
  { results, config }: { results: CollectedResults; config: Config },
): Promise<ProposalAb> {
  const states = new Map<string, "measured" | "other text">();
  for (const skill of skills) {
    const planned = results.plan.skills.find(({ name }) => name === skill.name);
    if (planned === undefined) continue;
    states.set(skill.name, (await isOfText(skill, planned, tree)) ? "measured" : "other text");
  }
  const measured = results.plan.skills.filter(({ name }) => states.get(name) === "measured");
  const { alpha, margin, "minimum-effect": minimumEffect } = config.evaluate;
  const plan: Plan = {
    ...results.plan,
    thresholds: { alpha, margin, minimum_effect: minimumEffect },
    skills: measured,
  };
  const { trials, judgements, noise, calls } = results;
  const figures =
    measured.length === 0
      ? null
      : evaluationFigures(plan, trials, { teacher: config.model, judgements, noise, calls });
  return { figures, policy: config.gate["block-on"], states };
}

async function isOfText(
  { path, draft }: ReviewedSkill,
  { given, installed }: PlannedSkill,
  tree: ProposedTree,
): Promise<boolean> {
  const folder = path.slice(0, -"/SKILL.md".length);
  const files = folderAfter(folder, tree);
  const own: Given = await givenOf(parseSkillFile(draft.text, path), files);
  if (givenDigest(own) !== given.head) return false;
  if (installed?.head === undefined) return true;
  return installedDigest({ ...own, installed: await installedOf(files, folder) }) === installed.head;
}

/** The files of a skill as they will be. */
function folderAfter(folder: string, { repository, commit, changes }: ProposedTree): SkillFolder {
  const before = filesInCommit(repository, commit, folder);
  const changed = new Map(
    changes
      .filter(({ path }) => path.startsWith(`${folder}/`))
      .map(({ path, content }) => [path.slice(folder.length + 1), content]),
  );
  return {
    async read(path) {
      const content = changed.get(path);
      if (content === undefined) return before.read(path);
      return content === null ? undefined : Buffer.from(content).toString("utf8");
    },
    async bytes(path) {
      const content = changed.get(path);
      if (content === undefined) return before.bytes(path);
      return content === null ? undefined : Buffer.from(content);
    },
    async list() {
      const paths = new Set([...(await before.list()), ...changed.keys()]);
      return [...paths].filter((path) => changed.get(path) !== null).sort();
    },
  };
}
