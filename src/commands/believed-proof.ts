import { resolve } from "node:path";
import type { Config } from "../config/config.ts";
import { agentsOf } from "../evaluate/agent.ts";
import { makePlan } from "../evaluate/make-plan.ts";
import { materialOf, type MeasuredSkill } from "../evaluate/measured-skill.ts";
import { strangeRequests, unequalFrames } from "../evaluate/parity.ts";
import { type Plan, plannedTrials } from "../evaluate/plan.ts";
import { recheck } from "../evaluate/recheck.ts";
import { filesInFolder } from "../evaluate/skill-files.ts";
import { Failure } from "../failure.ts";
import { measuredSources, type MergedSkills } from "../organize/merged-skills.ts";
import { noLossProof } from "../organize/no-loss-proof.ts";
import type { NoLossProof } from "../organize/organize-proposal.ts";
import type { CollectedResults } from "./collected-results.ts";
import { plannedJudge } from "./judge.ts";
import { plannedStudents } from "./students.ts";

interface ProofSettings {
  config: Config;
  /** The folder that paths of the configuration start from. */
  folder: string;
  cwd: string;
}

/**
 * What results prove about merges, by what merges and configuration ask for and by nothing that came with the results:
 * the same sources, cases, students, judge and repeats, requests as those make them, and outcomes that fit the replies
 * beside them. As for the gate, what an agent left and what a kernel is worth cannot be judged again here. What
 * cannot be read or planned is the reason for no proof; only bugs are thrown.
 */
export async function believedProof(
  merges: readonly MergedSkills[],
  results: CollectedResults,
  settings: ProofSettings,
): Promise<NoLossProof> {
  if (settings.config.evaluate.students.length === 0) return noStudent;
  try {
    const { measured, plan } = await expectedOf(merges, results.plan, settings);
    const proof = noLossProof(merges, results, plan);
    if (proof.state === "unproven") return proof;
    const reason = await whyNotBelieved(measured, { ...results, plan }, settings);
    return reason === undefined ? proof : unproven(reason);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return unproven(`The results cannot be held against the merge: ${error.message}`);
  }
}

/** The plan that `organize --evaluate` makes of these merges; of the stored one only what it tells and nothing rests on. */
async function expectedOf(
  merges: readonly MergedSkills[],
  { base, prices_of: pricesOf, reproduce }: Plan,
  { config, folder, cwd }: ProofSettings,
): Promise<{ measured: MeasuredSkill[]; plan: Plan }> {
  const { alpha, margin, "minimum-effect": minimumEffect, seed, repeats, ...others } = config.evaluate;
  const students = plannedStudents([], config, cwd);
  const judge = plannedJudge(undefined, config, { cwd, students });
  const measured = await measuredSources(merges, {
    hasJudge: judge !== null,
    hasAgent: students.some(({ runner }) => runner === "command"),
    kernels: {
      settings: config.kernels,
      problems: filesInFolder(resolve(folder, config.kernels.problems)),
    },
  });
  const plan = makePlan(measured, students, {
    seed,
    repeats,
    maxRepeats: Math.max(repeats, others["max-repeats"] ?? repeats),
    thresholds: { alpha, margin, minimum_effect: minimumEffect },
    base,
    pricesOf,
    reproduce,
    judge,
  });
  return { measured, plan };
}

/** Undefined where requests and outcomes are those of the plan and of the replies. */
async function whyNotBelieved(
  measured: readonly MeasuredSkill[],
  { plan, trials, judgements, reply }: CollectedResults,
  { config, folder }: ProofSettings,
): Promise<string | undefined> {
  const planned = plannedTrials(plan);
  const find = materialOf(measured, agentsOf(config.evaluate.agents, folder));
  const [strange] = [...unequalFrames(planned, trials), ...strangeRequests(planned, trials, find)];
  if (strange !== undefined)
    return `Results are of other requests than the plan's, the first of case ${strange.case} of ${strange.skill}.`;
  const found = await recheck(planned, trials, {
    caseOf: (trial) => find(trial).case,
    replyOf: reply,
    judge: plan.judge,
    judgements,
  });
  const [first] = found.problems;
  if (first !== undefined) return `Results do not fit their replies: ${first}`;
  return found.withoutReply > 0 ? "Results came without the replies that they are about." : undefined;
}

const noStudent = unproven(
  "No student is configured, so nothing compared the merged skills with their sources.",
);

function unproven(reason: string): NoLossProof {
  return { state: "unproven", reason: reason.slice(0, 2000) };
}
