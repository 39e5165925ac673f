import { resolve } from "node:path";
import { dirname, join } from "node:path";
import type { Config } from "../config/config.ts";
import { libraryHome } from "../config/library-home.ts";
import type { LoadedConfig } from "../config/load.ts";
import { agentsOf } from "../evaluate/agent.ts";
import { evaluationFigures, type EvaluationFigures } from "../evaluate/figures.ts";
import { keptCasesWords } from "../evaluate/kept-cases.ts";
import { makePlan } from "../evaluate/make-plan.ts";
import { materialOf, type MeasuredSkill } from "../evaluate/measured-skill.ts";
import { strangeRequests, unequalFrames } from "../evaluate/parity.ts";
import { type Plan, plannedTrials } from "../evaluate/plan.ts";
import { planDifferences } from "../evaluate/plan-difference.ts";
import { resultsKey } from "../evaluate/results-key.ts";
import { recheck } from "../evaluate/recheck.ts";
import type { GitRepository } from "../git/repository.ts";
import { scanLibrary } from "../skills/library.ts";
import type { Finding } from "../skills/lint.ts";
import type { ChangedSkill } from "./changed-skills.ts";
import { type CollectedResults, collectResults } from "./collected-results.ts";
import type { Context } from "./context.ts";
import { type EvaluatedSkill, evaluatedSkills } from "./evaluated-skills.ts";
import { plannedJudge } from "./judge.ts";
import { lint } from "./lint.ts";
import { type KernelOptions, measuredSkills } from "./measured-skills.ts";
import { plannedStudents } from "./students.ts";

/** What is known of the changed skills. Clauses are without a full stop. */
export interface Judged {
  /** Names by folder, of the skills that can be read. */
  names: ReadonlyMap<string, string>;
  /** The linter's findings in changed skills, by paths from the top of the repository. */
  linted: readonly Finding[];
  problems: string[];
  unproven: string[];
  figures: EvaluationFigures | null;
  remarks: string[];
  /** Of complete results; see `resultsKey`. */
  key: string | null;
  /** The text of a stored reply; undefined where it was not kept. */
  replies: (digest: string) => Promise<string | undefined>;
}

interface Change {
  repository: GitRepository;
  base: string | undefined;
  /** Where moved skills lay on the base; see `earlierFolders`. */
  earlier: ReadonlyMap<string, string>;
  loaded: LoadedConfig;
  /** Of plan and results. */
  folder: string;
  context: Context;
}

/**
 * Lints the changed skills and holds the results against them: are they of these texts, these cases and the configured
 * students, were the arms asked the same, and do the recorded outcomes fit the replies? Only then are they figures.
 * Throws `Failure`: exit code 1 for a skill that holds answers of its cases, 2 for files that cannot be used.
 */
export async function judgeResults(changed: readonly ChangedSkill[], change: Change): Promise<Judged> {
  const { repository, loaded, folder, context } = change;
  const present = changed.filter((one) => one.change !== "removed");
  const linted = await lintedIn(present, repository, context);
  const broken = new Set(linted.filter(({ severity }) => severity === "error").map(({ file }) => file));
  const readable = present.filter(({ path }) => !broken.has(path));
  const found: EvaluatedSkill[] =
    readable.length === 0
      ? []
      : await evaluatedSkills(
          readable.map((one) => one.folder),
          loaded,
          context.cwd,
        );
  const names = new Map(found.map((skill) => [skill.folder, skill.name]));
  const results = found.length === 0 ? undefined : await collectResults(folder, context);
  const judged: Judged = {
    names,
    linted,
    problems: [],
    unproven: [],
    figures: null,
    remarks: [],
    key: null,
    replies: (digest) => results?.reply(digest) ?? Promise.resolve(undefined),
  };
  if (found.length === 0) return judged;
  const measured = await measuredSkills(found, {
    repository,
    base: change.base,
    head: undefined,
    placebo: results?.plan.skills.some(({ given }) => given.placebo !== undefined) ?? false,
    students: results?.plan.students ?? [],
    earlier: change.earlier,
    // With configured students nothing but the configuration names the judge.
    hasJudge:
      loaded.config.evaluate.judge !== undefined ||
      (loaded.config.evaluate.students.length === 0 && (results?.plan.judge ?? null) !== null),
    kernels: kernelsOf(results, loaded, context),
    isNamed: false,
    reporter: context.reporter,
  });
  const withCases = new Set(measured.map(({ name }) => name));
  judged.unproven.push(
    ...found
      .filter(({ name }) => !withCases.has(name))
      .map(({ name }) => `${name} has no case that can be measured`),
  );
  for (const { name, cases, kept } of measured) {
    if (kept === undefined) continue;
    judged.remarks.push(...keptCasesWords(name, kept));
    if (kept.hidden.length > 0 && cases.every(({ seen }) => seen)) {
      judged.problems.push(`all cases of ${name} that counted on the base are called seen by this change`);
    }
  }
  judged.problems.push(...(await sameNames(names, loaded, context)));
  if (measured.length === 0) return judged;
  return withFigures(judged, measured, results, change);
}

/**
 * Whether kernel cases belong to what should have been measured: wherever a configured student can write kernels.
 * Where none can, results may hold them or leave them out.
 */
function kernelsOf(
  results: CollectedResults | undefined,
  { config, folder }: LoadedConfig,
  { cwd }: Context,
): KernelOptions | undefined {
  const options = { settings: config.kernels, problems: resolve(folder, config.kernels.problems) };
  const hasStudents = config.evaluate.students.length > 0;
  if (hasStudents && plannedStudents([], config, cwd).some(({ runner }) => runner === "chat")) {
    return { ...options, areAlone: false };
  }
  const cases = results?.plan.skills.flatMap((skill) => skill.cases) ?? [];
  if (!cases.some(({ kernel }) => kernel !== undefined)) return undefined;
  return { ...options, areAlone: !hasStudents && cases.every(({ kernel }) => kernel !== undefined) };
}

async function lintedIn(
  present: readonly ChangedSkill[],
  repository: GitRepository,
  { reporter }: Context,
): Promise<Finding[]> {
  if (present.length === 0) return [];
  const { findings } = await lint(
    { paths: present.map(({ folder }) => folder) },
    { cwd: repository.folder, reporter },
  );
  return findings;
}

async function withFigures(
  judged: Judged,
  measured: readonly MeasuredSkill[],
  results: CollectedResults | undefined,
  { base, loaded, context }: Change,
): Promise<Judged> {
  const { config } = loaded;
  const settings = config.evaluate;
  const students = settings.students.length === 0 ? [] : plannedStudents([], config, context.cwd);
  if (results === undefined) {
    if (students.length === 0) {
      judged.unproven.push(...measured.map(({ name }) => `no student is configured to try ${name}`));
    } else {
      judged.problems.push(...measured.map(({ name }) => `${name} was changed and not measured`));
    }
    return judged;
  }
  const thresholds = {
    alpha: settings.alpha,
    margin: settings.margin,
    minimum_effect: settings["minimum-effect"],
  };
  const { plan: stored, trials } = results;
  const expected = makePlan(measured, stored.students, {
    ...stored,
    repeats: 1,
    maxRepeats: 1,
    thresholds,
    base: base ?? null,
    pricesOf: stored.prices_of,
    judge: stored.judge,
  });
  judged.problems.push(
    ...planDifferences(stored, {
      skills: expected.skills,
      students,
      repeats: settings.repeats,
      looks: Math.max(1, (settings["max-repeats"] ?? settings.repeats) / settings.repeats),
    }),
  );
  judged.problems.push(...judgeDifferences(stored, config, context.cwd));
  if (judged.problems.length > 0) return judged;
  const names = new Set(measured.map(({ name }) => name));
  const plan: Plan = { ...stored, thresholds, skills: stored.skills.filter(({ name }) => names.has(name)) };
  const planned = plannedTrials(plan);
  const find = materialOf(measured, agentsOf(settings.agents, loaded.folder));
  const disparities = [...unequalFrames(planned, trials), ...strangeRequests(planned, trials, find)];
  const [strange] = disparities;
  if (strange !== undefined) {
    judged.problems.push(
      `${disparities.length} ${disparities.length === 1 ? "result is" : "results are"} of other requests than the plan's, the first of case ${strange.case} of ${strange.skill}`,
    );
  }
  const again = await recheck(planned, trials, {
    caseOf: (trial) => find(trial).case,
    replyOf: (digest) => results.reply(digest),
    judge: plan.judge,
    judgements: results.judgements,
  });
  const [first] = again.problems;
  if (first !== undefined) {
    judged.problems.push(
      `${again.problems.length} ${again.problems.length === 1 ? "result does" : "results do"} not fit its reply: ${first.replace(/\.$/, "")}`,
    );
  }
  if (again.withoutReply > 0) {
    judged.problems.push(
      `${again.withoutReply} ${again.withoutReply === 1 ? "result came" : "results came"} without the reply that it is about`,
    );
  }
  judged.remarks.push(`The checks of ${again.checked} results were carried out again on their replies.`);
  judged.figures = evaluationFigures(plan, trials, {
    teacher: config.model,
    judgements: results.judgements,
    calls: results.calls,
    noise: results.noise,
    duels: results.duels,
  });
  if (judged.figures.totals.missing === 0 && judged.problems.length === 0) {
    judged.key = resultsKey(plannedTrials(stored), stored.judge);
  }
  return judged;
}

/** Names that a changed skill shares with another one of the library: agents could load either. */
async function sameNames(
  names: ReadonlyMap<string, string>,
  loaded: LoadedConfig,
  { cwd }: Context,
): Promise<string[]> {
  const { library } = await libraryHome(cwd, loaded);
  const { skills } = await scanLibrary(library);
  const problems: string[] = [];
  for (const [folder, name] of names) {
    const other = skills.find(
      (skill) => skill.name === name && join(library, dirname(skill.path)) !== folder,
    );
    if (other !== undefined) problems.push(`another skill is named ${name} too, in ${other.path}`);
  }
  return problems;
}

/** Results may not bring a judge of their own. */
function judgeDifferences({ judge, skills, students }: Plan, config: Config, cwd: string): string[] {
  const configured = plannedJudge(undefined, config, { cwd, students });
  if (configured === judge || config.evaluate.students.length === 0) return [];
  if (!skills.some(({ cases }) => cases.some((one) => one.judged)) && configured === null) return [];
  return [
    `the results were judged by ${judge ?? "nobody"}, and the configuration names ${configured ?? "nobody"}`,
  ];
}
