import { join, resolve } from "node:path";
import type { Config } from "../config/config.ts";
import { libraryHome } from "../config/library-home.ts";
import type { LoadedConfig } from "../config/load.ts";
import { priceTable } from "../config/price-table.ts";
import { type Agents, agentsOf } from "../evaluate/agent.ts";
import { type JudgeWork, judgeWork } from "../evaluate/judge-forecast.ts";
import { makePlan } from "../evaluate/make-plan.ts";
import { materialOf, type MeasuredSkill } from "../evaluate/measured-skill.ts";
import { type Plan, type PlannedTrial, plannedTrials } from "../evaluate/plan.ts";
import type { SuiteCase } from "../evaluate/suite.ts";
import { type TrialEstimate, trialEstimates } from "../evaluate/trial-estimate.ts";
import { Failure, usageFailure } from "../failure.ts";
import { commitOf, type GitRepository, openRepository } from "../git/repository.ts";
import type { Context } from "./context.ts";
import { changedSkills } from "./changed-skills.ts";
import { type EvaluatedSkill, evaluatedSkills } from "./evaluated-skills.ts";
import { plannedJudge } from "./judge.ts";
import { measuredSkills } from "./measured-skills.ts";
import { reproduceEvaluation } from "./reproduce-evaluation.ts";
import { plannedStudents } from "./students.ts";

export interface EvaluateRequest {
  /** Folders, files or names of skills; all of the library that have cases when empty. */
  skills: readonly string[];
  /** Of these only the skills that differ from the base, and nothing where none does. */
  changed?: boolean | undefined;
  /** Specs of models and agents; those of the configuration when empty. */
  students: readonly string[];
  /** Spec of the model that judges assertions; that of the configuration when absent. */
  judge?: string | undefined;
  repeats?: number | undefined;
  maxRepeats?: number | undefined;
  /** A commit for the base arm; where the working copy left the target branch when absent. */
  base?: string | undefined;
  /** A commit for the head arm; the working tree when absent. */
  head?: string | undefined;
  placebo: boolean;
  /** Measures one arm against itself. */
  aa: boolean;
  seed?: number | undefined;
  /** Folder of plan and results; `.overproof/results` when absent. */
  results?: string | undefined;
  budgetUsd?: number | undefined;
  maxCalls?: number | undefined;
  /** Makes no call, and returns the shards. */
  plan: boolean;
  /** How many shards a plan has. */
  shards?: number | undefined;
  /** `i/n`. */
  shard?: string | undefined;
  config?: string | undefined;
}

/** What an evaluation works with. */
export interface Evaluation {
  request: EvaluateRequest;
  context: Context;
  config: Config;
  skills: MeasuredSkill[];
  agents: Agents;
  plan: Plan;
  trials: readonly PlannedTrial[];
  caseOf: (trial: PlannedTrial) => SuiteCase;
  /** Of the student alone, and with its share of the judge's work. */
  estimate: (trial: PlannedTrial) => TrialEstimate;
  load: (trial: PlannedTrial) => TrialEstimate;
  /** Undefined without a judge. */
  judging: JudgeWork | undefined;
  folder: string;
}

/** Where an evaluation takes place. */
export interface EvaluationPlace {
  loaded: LoadedConfig;
  /** Undefined outside of a repository. */
  repository: GitRepository | undefined;
  /** The commit of the base arm; undefined where there is none. */
  base: string | undefined;
}

/**
 * Reads skills, cases and versions, and plans their trials. Undefined where
 * only changed skills were asked for, and none of them can be measured. Throws `Failure`: exit code 1 for a skill that
 * holds answers of its cases, 2 for unusable input.
 */
export async function prepareEvaluation(
  request: EvaluateRequest,
  { loaded, repository, base }: EvaluationPlace,
  context: Context,
): Promise<Evaluation | undefined> {
  const { config } = loaded;
  const settings = config.evaluate;
  const all = await evaluatedSkills(request.skills, loaded, context.cwd);
  const found = request.changed ? await onlyChanged(all, { loaded, repository, base, context }) : all;
  if (request.changed && found.length === 0) return undefined;
  const students = plannedStudents(request.students, config, context.cwd);
  const judge = plannedJudge(request.judge, config, { cwd: context.cwd, students });
  const head = request.head === undefined ? undefined : await requiredCommit(repository, request.head);
  const skills = await measuredSkills(found, {
    repository,
    base,
    head,
    placebo: request.placebo,
    students,
    hasJudge: judge !== null,
    isNamed: request.skills.length > 0 && !request.changed,
    reporter: context.reporter,
  });
  if (skills.length === 0) {
    if (request.changed) return undefined;
    throw usageFailure(
      "No skill of the library has cases that can be measured.",
      "Write evals/evals.json beside a SKILL.md.",
    );
  }
  const repeats = request.repeats ?? settings.repeats;
  if (repeats < 1) throw usageFailure("No case would run.", "Write --repeats 1 or more.");
  const maxRepeats = request.maxRepeats ?? Math.max(repeats, settings["max-repeats"] ?? repeats);
  const seed = request.seed ?? settings.seed;
  const measured = request.aa ? skills.map(onlyHead) : skills;
  const hasBase = measured.some(({ arms }) => arms.has("base"));
  const plan = makePlan(measured, students, {
    seed,
    repeats: request.aa ? 2 * repeats : repeats,
    maxRepeats: request.aa ? 2 * repeats : maxRepeats,
    thresholds: {
      alpha: settings.alpha,
      margin: settings.margin,
      minimum_effect: settings["minimum-effect"],
    },
    base: hasBase ? (base ?? null) : null,
    pricesOf: config.prices?.date ?? null,
    reproduce: reproduceEvaluation(
      {
        folders: found
          .filter(({ name }) => skills.some((one) => one.name === name))
          .map(({ folder }) => folder),
        students: students.map(({ spec }) => spec),
        judge,
        repeats,
        maxRepeats,
        seed,
        base: hasBase ? base : undefined,
        placebo: request.placebo,
      },
      repository?.folder ?? loaded.folder,
    ),
    judge,
  });
  const agents = agentsOf(settings.agents, loaded.folder);
  const find = materialOf(measured, agents);
  const caseOf = (trial: PlannedTrial): SuiteCase => find(trial).case;
  const prices = priceTable(config);
  const trials = plannedTrials(plan);
  const estimate = trialEstimates(find, prices);
  const judging = judgeWork(plan, trials, { caseOf, prices });
  return {
    request,
    context,
    config,
    skills: measured,
    agents,
    plan,
    trials,
    caseOf,
    estimate,
    load: (trial) => judging?.withJudge(trial, estimate(trial)) ?? estimate(trial),
    judging,
    folder: resolve(context.cwd, request.results ?? join(loaded.folder, ".overproof", "results")),
  };
}

function onlyHead(skill: MeasuredSkill): MeasuredSkill {
  const head = skill.arms.get("head") ?? null;
  return { ...skill, arms: new Map([["head", head]]), triggers: [] };
}

/** The repository around the working folder; outside of one there are no other versions of a skill. */
export async function repositoryAround(
  request: Pick<EvaluateRequest, "base" | "head" | "changed">,
  { cwd, environment, reporter }: Context,
): Promise<GitRepository | undefined> {
  try {
    return await openRepository(cwd, environment);
  } catch (error) {
    const needsOne = request.base !== undefined || request.head !== undefined || request.changed;
    if (!(error instanceof Failure) || needsOne) throw error;
    reporter.info(`The base arm is left out: ${error.message}`);
    return undefined;
  }
}

/** The skills that differ from the base. */
async function onlyChanged(
  skills: readonly EvaluatedSkill[],
  change: EvaluationPlace & { context: Context },
): Promise<EvaluatedSkill[]> {
  const { loaded, repository, base, context } = change;
  if (repository === undefined) return [];
  const { library } = await libraryHome(context.cwd, loaded);
  const folders = new Set((await changedSkills(repository, base, library)).map(({ folder }) => folder));
  return skills.filter(({ folder }) => folders.has(folder));
}

function requiredCommit(repository: GitRepository | undefined, ref: string): Promise<string> {
  if (repository !== undefined) return commitOf(repository, ref);
  throw usageFailure("There is no repository to read a commit from.", "Leave out --head.");
}
