import { join, resolve } from "node:path";
import type { Config } from "../config/config.ts";
import type { LoadedConfig } from "../config/load.ts";
import { priceTable } from "../config/price-table.ts";
import { type Agents, agentsOf } from "../evaluate/agent.ts";
import { whyPlain } from "../evaluate/batchable.ts";
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
import { earlierFolders } from "./earlier-folders.ts";
import { type EvaluatedSkill, evaluatedSkills } from "./evaluated-skills.ts";
import { plannedJudge } from "./judge.ts";
import { type KernelOptions, measuredSkills, type Replacement } from "./measured-skills.ts";
import { reproduceEvaluation } from "./reproduce-evaluation.ts";
import { plannedStudents } from "./students.ts";

export interface EvaluateRequest {
  /** Folders, files or names of skills; all of the library that have cases when empty. */
  skills: readonly string[];
  /** Of these only the skills that differ from the base, and nothing where none does. */
  changed?: boolean | undefined;
  /** Passes over named skills without cases, which are refused otherwise. */
  withCases?: boolean | undefined;
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
  /** Takes over results that an earlier workflow run of the repository kept for the same plan, or for its pull request. */
  reuse?: boolean | undefined;
  /** Makes the calls of chats in batches, where the provider has them. */
  batch?: boolean | undefined;
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
  /** By name: what takes the place of skills. It is measured on their cases, with the skills as they stand as base. */
  instead?: ReadonlyMap<string, Replacement> | undefined;
  /** Folder for the kernels that students write, which another machine measures; of kernel cases alone. */
  generateOnly?: string | undefined;
  /** Minutes that kernels may hold the device; those of the configuration when absent. */
  budgetMinutes?: number | undefined;
}

/** What an evaluation works with. */
export interface Evaluation {
  request: EvaluateRequest;
  context: Context;
  loaded: LoadedConfig;
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
  /** The libraries in which changed skills are looked for; absolute. */
  libraries: readonly string[];
}

/**
 * Reads skills, cases and versions, and plans their trials. Undefined where
 * only changed skills were asked for, and none of them can be measured. Throws `Failure`: exit code 1 for a skill that
 * holds answers of its cases, 2 for unusable input.
 */
export async function prepareEvaluation(
  request: EvaluateRequest,
  place: EvaluationPlace,
  context: Context,
): Promise<Evaluation | undefined> {
  const { loaded, repository, base } = place;
  const { config } = loaded;
  const settings = config.evaluate;
  const changes = request.changed ? await changesAt(place) : undefined;
  const found =
    changes === undefined
      ? await evaluatedSkills(request.skills, loaded, context.cwd)
      : await changedOf(request.skills, changes.folders, { loaded, context });
  if (request.changed && found.length === 0) return undefined;
  // Nobody is there to try what changed: the gate calls it unproven, and a plan has nothing to do.
  if (request.changed && request.students.length === 0 && settings.students.length === 0) {
    context.reporter.info("No student is configured: nothing is measured.");
    return undefined;
  }
  const students = plannedStudents(request.students, config, context.cwd);
  const judge = plannedJudge(request.judge, config, { cwd: context.cwd, students });
  const head = request.head === undefined ? undefined : await requiredCommit(repository, request.head);
  const skills = await measuredSkills(found, {
    repository,
    base,
    ...(changes === undefined ? {} : { earlier: changes.earlier }),
    head,
    placebo: request.placebo,
    students,
    hasJudge: judge !== null,
    kernels: kernelsFor(request, loaded),
    instead: request.instead,
    isNamed: request.skills.length > 0 && !request.changed && !request.withCases,
    reporter: context.reporter,
  });
  if (skills.length === 0) {
    if (request.changed || request.withCases) return undefined;
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
  const estimate = trialEstimates(
    find,
    prices,
    (trial) => request.batch === true && whyPlain(trial) === undefined,
  );
  const judging = judgeWork(plan, trials, { caseOf, prices });
  return {
    request,
    context,
    loaded,
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

/** Kernels need their device for themselves: they are measured in one place, and not in shards. */
function kernelsFor(request: EvaluateRequest, { config, folder }: LoadedConfig): KernelOptions | undefined {
  if (request.plan || request.shard !== undefined || request.aa) return undefined;
  const { kernels: settings } = config;
  return {
    settings,
    problems: resolve(folder, settings.problems),
    areAlone: request.generateOnly !== undefined,
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

/** The folders of the skills that differ from the base, and where those that moved lay there. */
async function changesAt({
  repository,
  base,
  libraries,
}: EvaluationPlace): Promise<{ folders: string[]; earlier: Map<string, string> }> {
  if (repository === undefined) return { folders: [], earlier: new Map() };
  const { skills } = await changedSkills(repository, base, libraries);
  const earlier = base === undefined ? new Map() : await earlierFolders(repository, base, skills);
  const present = skills.filter(({ change }) => change !== "removed");
  return { folders: present.map(({ folder }) => folder), earlier };
}

/** Of the changed skills those that were asked for; all of them where none was. */
async function changedOf(
  named: readonly string[],
  folders: readonly string[],
  { loaded, context }: { loaded: LoadedConfig; context: Context },
): Promise<EvaluatedSkill[]> {
  if (folders.length === 0) return [];
  const changed = await evaluatedSkills(folders, loaded, context.cwd);
  if (named.length === 0) return changed;
  const asked = new Set((await evaluatedSkills(named, loaded, context.cwd)).map(({ folder }) => folder));
  return changed.filter(({ folder }) => asked.has(folder));
}

function requiredCommit(repository: GitRepository | undefined, ref: string): Promise<string> {
  if (repository !== undefined) return commitOf(repository, ref);
  throw usageFailure("There is no repository to read a commit from.", "Leave out --head.");
}
