import { join, resolve } from "node:path";
import type { Config } from "../config/config.ts";
import type { LoadedConfig } from "../config/load.ts";
import { priceTable } from "../config/price-table.ts";
import { makePlan } from "../evaluate/make-plan.ts";
import { materialOf, type MeasuredSkill } from "../evaluate/measured-skill.ts";
import { type Plan, type PlannedTrial, plannedTrials } from "../evaluate/plan.ts";
import { type TrialEstimate, trialEstimates } from "../evaluate/trial-estimate.ts";
import { Failure, usageFailure } from "../failure.ts";
import { commitOf, type GitRepository, openRepository } from "../git/repository.ts";
import { baseCommit } from "./base-commit.ts";
import type { Context } from "./context.ts";
import { evaluatedSkills } from "./evaluated-skills.ts";
import { measuredSkills } from "./measured-skills.ts";
import { reproduceEvaluation } from "./reproduce-evaluation.ts";
import { plannedStudents } from "./students.ts";

export interface EvaluateRequest {
  /** Folders, files or names of skills; all of the library that have cases when empty. */
  skills: readonly string[];
  /** Model specs; those of the configuration when empty. */
  students: readonly string[];
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
  plan: Plan;
  trials: readonly PlannedTrial[];
  estimate: (trial: PlannedTrial) => TrialEstimate;
  folder: string;
}

/**
 * Reads skills, cases and versions, and plans their trials. `judge` names the judge; null without one. Throws `Failure`:
 * exit code 1 for a skill that holds answers of its cases, 2 for unusable input.
 */
export async function prepareEvaluation(
  request: EvaluateRequest,
  loaded: LoadedConfig,
  context: Context,
  judge: string | null,
): Promise<Evaluation> {
  const { config } = loaded;
  const settings = config.evaluate;
  const students = plannedStudents(request.students, config, context.cwd);
  const found = await evaluatedSkills(request.skills, loaded, context.cwd);
  const { repository, base } = await versions(request, config, context);
  const head = request.head === undefined ? undefined : await requiredCommit(repository, request.head);
  const skills = await measuredSkills(found, {
    repository,
    base,
    head,
    placebo: request.placebo,
    hasJudge: judge !== null,
    isNamed: request.skills.length > 0,
    reporter: context.reporter,
  });
  if (skills.length === 0) {
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
  return {
    request,
    context,
    config,
    skills: measured,
    plan,
    trials: plannedTrials(plan),
    estimate: trialEstimates(materialOf(measured), priceTable(config)),
    folder: resolve(context.cwd, request.results ?? join(loaded.folder, ".overproof", "results")),
  };
}

function onlyHead(skill: MeasuredSkill): MeasuredSkill {
  const head = skill.arms.get("head") ?? null;
  return { ...skill, arms: new Map([["head", head]]) };
}

/** The repository and the commit of the base arm; outside of a repository there is neither. */
async function versions(
  request: EvaluateRequest,
  config: Config,
  { cwd, environment, reporter }: Context,
): Promise<{ repository: GitRepository | undefined; base: string | undefined }> {
  let repository: GitRepository;
  try {
    repository = await openRepository(cwd, environment);
  } catch (error) {
    if (!(error instanceof Failure) || request.base !== undefined || request.head !== undefined) throw error;
    reporter.info(`The base arm is left out: ${error.message}`);
    return { repository: undefined, base: undefined };
  }
  return { repository, base: await baseCommit(repository, request.base, config) };
}

function requiredCommit(repository: GitRepository | undefined, ref: string): Promise<string> {
  if (repository !== undefined) return commitOf(repository, ref);
  throw usageFailure("There is no repository to read a commit from.", "Leave out --head.");
}
