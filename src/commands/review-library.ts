import { dirname, join } from "node:path";
import type { Config } from "../config/config.ts";
import { libraryHome, type LibraryHome } from "../config/library-home.ts";
import { loadConfig } from "../config/load.ts";
import { givenOf } from "../evaluate/arms.ts";
import { countCalls } from "../evaluate/call-ledger.ts";
import { evaluationFigures } from "../evaluate/figures.ts";
import { givenDigest } from "../evaluate/given.ts";
import { openJudgements } from "../evaluate/judgement-store.ts";
import { readDuels } from "../evaluate/kernel-duel-file.ts";
import { readNoise } from "../evaluate/kept-noise.ts";
import { type Plan, plannedTrials } from "../evaluate/plan.ts";
import { openResultStore } from "../evaluate/result-store.ts";
import { filesInFolder } from "../evaluate/skill-files.ts";
import { earlierPlans, readPlan } from "../evaluate/stored-plan.ts";
import type { Trial } from "../evaluate/trial.ts";
import { Failure, usageFailure } from "../failure.ts";
import { realPath } from "../files/real-path.ts";
import { type Drift, driftOf, type MeasuredOn, proposalFor, type SkillResults } from "../organize/drift.ts";
import { type OrganizedSkill, scanForOrganize, scopesOf } from "../organize/library-scan.ts";
import { interruptedChange } from "../organize/journal.ts";
import { parseSkillFile } from "../skills/skill-file.ts";
import type { Context } from "./context.ts";
import { reportedPath } from "./reported-path.ts";

export interface ReviewRequest {
  /** All of the library where none is named. */
  scopes: readonly string[];
  library?: string | undefined;
  config?: string | undefined;
}

export interface ReviewedSkill {
  name: string;
  /** Of the SKILL.md, relative to the library. */
  path: string;
  scope: string;
  reasons: Drift[];
  proposal: "retire" | "re-evaluate";
}

export interface ReviewResult {
  command: "organize";
  status: "reviewed";
  /** Skills to look at. */
  review: ReviewedSkill[];
  /** How many skills need nothing. */
  fine: number;
}

/**
 * Lists the skills of a library whose results no longer speak for them: never evaluated, of another text, older than the
 * configured age, of other students or devices than the last ones, or without a verdict "better". Changes nothing.
 * Throws `Failure` (exit code 2) for a scope that is not there and for results that cannot be read.
 */
export async function reviewLibrary(request: ReviewRequest, outer: Context): Promise<ReviewResult> {
  const cwd = await realPath(outer.cwd);
  const loaded = await loadConfig(cwd, request.config);
  const home = await libraryHome(cwd, loaded, request.library);
  const interrupted = await interruptedChange(home);
  if (interrupted !== undefined) {
    outer.reporter.warning(
      `A change of this library was interrupted or is being made: ${reportedPath(interrupted, cwd)}. If no other process is at it, run overproof organize, which finishes it first; remove that folder if the change is not yours.`,
    );
  }
  const scan = await scanForOrganize(home.library);
  const known = [...scopesOf(scan).keys()];
  const strange = request.scopes.find((scope) => !known.includes(scope));
  if (strange !== undefined) {
    throw usageFailure(
      `There is no scope ${JSON.stringify(strange)} in the library.`,
      known.length === 0 ? "The library has no skills." : `The library has ${known.join(", ")}.`,
    );
  }
  const { results, devices } = await storedResults(home, scan.skills, loaded.config, cwd);
  const { evaluate, organize } = loaded.config;
  const standard = {
    now: outer.now(),
    reviewAfterDays: organize["review-after-days"],
    students: evaluate.students.map((spec) => ({ spec, version: evaluate["student-versions"][spec] ?? "" })),
    devices,
  };
  const own = scan.skills.filter(
    ({ scope }) => request.scopes.length === 0 || request.scopes.includes(scope),
  );
  const reviewed = own.map(({ name, path, scope }) => {
    const found = results.get(name);
    const reasons = driftOf(found, standard);
    return { name, path, scope, reasons, proposal: proposalFor(reasons, found) };
  });
  const review = reviewed.filter(({ reasons }) => reasons.length > 0);
  return { command: "organize", status: "reviewed", review, fine: own.length - review.length };
}

interface StoredResults {
  /** By skill, from the plan whose trials of it are the latest. */
  results: Map<string, SkillResults>;
  /** The last device of each kind in all of them. */
  devices: MeasuredOn[];
}

async function storedResults(
  home: LibraryHome,
  skills: readonly OrganizedSkill[],
  config: Config,
  cwd: string,
): Promise<StoredResults> {
  const folder = join(home.home, ".overproof", "results");
  const shown = reportedPath(folder, cwd);
  const plans = await plansIn(folder, shown);
  const results = new Map<string, SkillResults>();
  if (plans.length === 0) return { results, devices: [] };
  const store = await openResultStore(folder);
  try {
    const judgements = await openJudgements(folder);
    const [noise, duels, calls] = [
      await readNoise(folder),
      await readDuels(folder),
      await countCalls([folder]),
    ];
    const all: Trial[] = [];
    for (const plan of plans) {
      const options = { teacher: config.model, judgements, noise: noise.floors, duels, calls };
      const figures = evaluationFigures(plan, store, options);
      const bySkill = finishedTrials(plan, store);
      for (const { skill, students } of figures.skills) {
        const trials = bySkill.get(skill.name) ?? [];
        const last = latest(trials)?.finished_at;
        const now = skills.find(({ name }) => name === skill.name);
        if (last === undefined || now === undefined || (results.get(skill.name)?.last ?? "") >= last)
          continue;
        const given = await givenOf(
          parseSkillFile(now.text, now.path),
          filesInFolder(join(home.library, dirname(now.path))),
        );
        results.set(skill.name, {
          last,
          isCurrent: givenDigest(given) === skill.given.head,
          students: students.map(({ student, verdict }) => ({
            spec: student,
            version: plan.students.find(({ spec }) => spec === student)?.version ?? "",
            verdict,
          })),
          devices: lastDevices(trials),
        });
        all.push(...trials);
      }
      await judgements.close();
    }
    return { results, devices: lastDevices(all) };
  } finally {
    await store.close();
  }
}

/** The plan beside the results and the earlier ones; none where nothing was evaluated. */
async function plansIn(folder: string, shown: string): Promise<Plan[]> {
  const plans: Plan[] = [];
  for (const name of [undefined, ...(await earlierPlans(folder))]) {
    try {
      plans.push(await readPlan(folder, shown, name));
    } catch (error) {
      // Without results there is no plan, which is no fault here; a damaged one is.
      if (!(error instanceof Failure) || !error.message.startsWith("There is no plan")) throw error;
    }
  }
  return plans;
}

/** The trials of each skill as it was proposed that have a result. */
function finishedTrials(plan: Plan, store: { get(key: string): Trial | undefined }): Map<string, Trial[]> {
  const trials = new Map<string, Trial[]>();
  for (const { skill, arm, key } of plannedTrials(plan)) {
    const trial = arm === "head" ? store.get(key) : undefined;
    if (trial === undefined || trial.outcome === "excluded") continue;
    const own = trials.get(skill) ?? [];
    trials.set(skill, own);
    own.push(trial);
  }
  return trials;
}

function latest(trials: readonly Trial[]): Trial | undefined {
  return trials.reduce<Trial | undefined>(
    (last, trial) => (last === undefined || trial.finished_at > last.finished_at ? trial : last),
    undefined,
  );
}

/** The device of the latest trial of each kind of device. */
function lastDevices(trials: readonly Trial[]): MeasuredOn[] {
  const devices = new Map<string, { at: string; device: MeasuredOn }>();
  for (const { kernel, finished_at: at } of trials) {
    const device = kernel?.device ?? undefined;
    if (device !== undefined && (devices.get(device.kind)?.at ?? "") < at)
      devices.set(device.kind, { at, device });
  }
  return [...devices.values()].map(({ device }) => device);
}
