import { relative, sep } from "node:path";
import type { KernelSettings } from "../config/kernels.ts";
import { parseEvidenceFile } from "../distill/evidence-file.ts";
import { armsOf, givenOf, installedOf } from "../evaluate/arms.ts";
import { needOf } from "../evaluate/check.ts";
import type { Given } from "../evaluate/given.ts";
import { withKeptCases } from "../evaluate/kept-cases.ts";
import { findLeaks, requireNoLeak } from "../evaluate/leak.ts";
import { type Learned, readKernelCases } from "../evaluate/kernel-cases.ts";
import type { MeasuredSkill } from "../evaluate/measured-skill.ts";
import type { PlannedStudent } from "../evaluate/plan.ts";
import { filesInCommit, filesInFolder, type SkillFolder } from "../evaluate/skill-files.ts";
import { loadSuite, type Suite, type SuiteCase } from "../evaluate/suite.ts";
import { Failure, usageFailure } from "../failure.ts";
import type { GitRepository } from "../git/repository.ts";
import type { Reporter } from "../reporter.ts";
import { parseSkillFile, type SkillFile } from "../skills/skill-file.ts";
import type { EvaluatedSkill } from "./evaluated-skills.ts";

export interface MeasureOptions {
  /** Undefined outside of a repository, where there are no other versions of a skill. */
  repository: GitRepository | undefined;
  /** The commits of the two arms: undefined leaves base out, and takes head from the working tree. */
  base: string | undefined;
  head: string | undefined;
  /** Where skills lay on the base that lie elsewhere now, by their folder; see `earlierFolders`. */
  earlier?: ReadonlyMap<string, string>;
  placebo: boolean;
  /** Those that take part; agents need all files of a skill. */
  students?: readonly PlannedStudent[];
  hasJudge: boolean;
  /** How kernel cases are measured; undefined leaves them out. */
  kernels?: KernelOptions | undefined;
  /** By name; see `EvaluateRequest`. */
  instead?: ReadonlyMap<string, Replacement> | undefined;
  /** Whether each skill was asked for, or just lies in the library. */
  isNamed: boolean;
  reporter: Reporter;
}

/** What takes the place of a skill that is superseded. */
export interface Replacement {
  /** Its SKILL.md among them. */
  files: SkillFolder;
  learned: Learned;
}

export interface KernelOptions {
  settings: KernelSettings;
  /** Folder of the problems that skills share; absolute. */
  problems: string;
  /** Leaves all other cases out. */
  areAlone: boolean;
}

/**
 * Reads all that the trials of skills need: cases, arms, references. Skills of the library without cases are left out.
 * Throws `Failure`: exit code 1 for a skill that holds an answer of its cases, 2 for files that cannot be used.
 */
export async function measuredSkills(
  skills: readonly EvaluatedSkill[],
  options: MeasureOptions,
): Promise<MeasuredSkill[]> {
  const measured: MeasuredSkill[] = [];
  for (const [done, skill] of skills.entries()) {
    options.reporter.progress("Reading skills", done, skills.length);
    const found = await measuredSkill(skill, options);
    if (found) measured.push(found);
  }
  options.reporter.progress("Reading skills", skills.length, skills.length);
  return measured;
}

async function measuredSkill(
  skill: EvaluatedSkill,
  options: MeasureOptions,
): Promise<MeasuredSkill | undefined> {
  const { name, path, folder, shown } = skill;
  const files = filesInFolder(folder);
  const instead = options.instead?.get(name);
  const learned = instead?.learned ?? (await learnedBy(skill));
  const suite = await loadSuite(files, shown, { name, learnedFrom: learned.traces });
  const { kernels } = options;
  const kernelCases =
    kernels === undefined
      ? []
      : await readKernelCases(files, {
          folder: shown,
          shared: filesInFolder(kernels.problems),
          learned,
          settings: kernels.settings,
        });
  const before = kernels?.areAlone || instead ? undefined : await suiteAtBase(skill, options);
  const { cases: others, kept } = withKeptCases(
    kernels?.areAlone ? [] : measurable(skill, suite, options),
    before === undefined ? [] : before.cases.filter((one) => hasVerdict(one, options)),
    options.hasJudge,
  );
  const triggers = kernels?.areAlone ? [] : suite.triggers;
  const cases = [...others, ...kernelCases];
  requireOneNameEach(cases, shown);
  if (cases.length === 0 && triggers.length === 0) {
    if (!options.isNamed) return undefined;
    throw usageFailure(
      `${shown} has no case that can be measured here.`,
      suite.hasKernels
        ? "Its kernel cases are measured by a whole run, without --plan, --shard and --aa."
        : "Write evals/evals.json, or skill_meta.json with tests, whose checks code can carry out.",
    );
  }
  const head = instead ? await versionIn(instead.files, shown, options) : await headOf(skill, files, options);
  const base = instead
    ? await versionOf(skill.skill, files, { shown, options })
    : await baseOf(skill, options);
  const texts = new Map([["SKILL.md", head.text], ...head.given.files]);
  requireNoLeak(name, findLeaks(texts, cases));
  const arms = new Map(armsOf({ head: head.given, base: base?.given, placebo: options.placebo }));
  // What is superseded helps or does not: the question is only what its successor does.
  if (instead) arms.delete("none");
  const keptCases = before === undefined ? {} : { kept };
  return { name, path, text: head.text, arms, cases, ...keptCases, triggers };
}

interface Version {
  text: string;
  given: Given;
}

async function headOf(skill: EvaluatedSkill, files: SkillFolder, options: MeasureOptions): Promise<Version> {
  if (options.head === undefined) return versionOf(skill.skill, files, { shown: skill.shown, options });
  const found = await versionAt(skill, options.head, options);
  if (found) return found;
  throw usageFailure(
    `${skill.shown} is not in the commit ${options.head.slice(0, 12)}.`,
    "Name another commit with --head, or leave it out for the working tree.",
  );
}

/** What takes the place of a skill. */
async function versionIn(files: SkillFolder, shown: string, options: MeasureOptions): Promise<Version> {
  const text = (await files.read("SKILL.md")) ?? "";
  return versionOf(parseSkillFile(text, `${shown}/SKILL.md`), files, { shown, options });
}

/** The skill as a commit has it; undefined where it is not there: it is new. */
async function versionAt(
  { folder, shown }: EvaluatedSkill,
  commit: string | undefined,
  options: MeasureOptions,
): Promise<Version | undefined> {
  const { repository } = options;
  if (repository === undefined || commit === undefined) return undefined;
  const inside = folderAt(folder, repository, commit === options.base ? options.earlier : undefined);
  if (inside === undefined) return undefined;
  const files = filesInCommit(repository, commit, inside);
  const text = await files.read("SKILL.md");
  if (text === undefined) return undefined;
  const place = `${commit.slice(0, 12)}:${shown}`;
  return versionOf(parseSkillFile(text, `${place}/SKILL.md`), files, { shown: place, options });
}

/** Where a skill lies in a commit, from the top of the repository; undefined for one outside of it. */
function folderAt(
  folder: string,
  repository: GitRepository,
  earlier?: ReadonlyMap<string, string>,
): string | undefined {
  const before = earlier?.get(folder);
  if (before !== undefined) return before === "." ? "" : before;
  const inside = relative(repository.folder, folder).split(sep).join("/");
  return inside === ".." || inside.startsWith("../") ? undefined : inside;
}

/** The skill of the base arm. One that cannot be read there leaves the arm out: it is what a change may repair. */
async function baseOf(skill: EvaluatedSkill, options: MeasureOptions): Promise<Version | undefined> {
  try {
    return await versionAt(skill, options.base, options);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    options.reporter.warning(`${skill.shown} has no base arm: ${error.message}`);
    return undefined;
  }
}

/** The cases of the base: a change does not choose what it is judged by. Undefined where there are none. */
async function suiteAtBase(
  { name, folder, home, shown }: EvaluatedSkill,
  { repository, base, earlier, reporter }: MeasureOptions,
): Promise<Suite | undefined> {
  if (repository === undefined || base === undefined) return undefined;
  const inside = folderAt(folder, repository, earlier);
  if (inside === undefined) return undefined;
  const files = filesInCommit(repository, base, inside);
  const evidence = folderAt(home.evidence, repository);
  try {
    const text =
      evidence === undefined
        ? undefined
        : await filesInCommit(repository, base, evidence).read(`${name}.json`);
    const traces = text === undefined ? [] : parseEvidenceFile(text, `${name}.json`).traces;
    const learnedFrom = new Set(traces.map(({ sha256 }) => sha256));
    return await loadSuite(files, `${base.slice(0, 12)}:${shown}`, { name, learnedFrom });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    reporter.warning(`The cases that ${shown} has on the base are left out: ${error.message}`);
    return undefined;
  }
}

async function versionOf(
  skill: SkillFile,
  files: SkillFolder,
  { shown, options }: { shown: string; options: MeasureOptions },
): Promise<Version> {
  const given = await givenOf(skill, files);
  const hasAgent = options.students?.some(({ runner }) => runner === "command") ?? false;
  if (!hasAgent) return { text: skill.text, given };
  return { text: skill.text, given: { ...given, installed: await installedOf(files, shown) } };
}

/** The traces that a skill was distilled from, and their operators. */
async function learnedBy({ name, home }: EvaluatedSkill): Promise<Learned> {
  const path = `${name}.json`;
  const text = await filesInFolder(home.evidence).read(path);
  const traces = text === undefined ? [] : parseEvidenceFile(text, path).traces;
  return {
    traces: new Set(traces.map(({ sha256 }) => sha256)),
    operators: [...new Set(traces.map(({ op }) => op))],
  };
}

/** Kernel cases and others come from two files. */
function requireOneNameEach(cases: readonly SuiteCase[], shown: string): void {
  const ids = new Set<string>();
  for (const { id } of cases) {
    if (ids.has(id)) {
      throw usageFailure(
        `${shown} has two cases with the id ${JSON.stringify(id)}.`,
        "Give each case of evals/evals.json and evals/kernels.json an id of its own.",
      );
    }
    ids.add(id);
  }
}

/** Whether something can tell how an answer to a case is. */
function hasVerdict({ checks, assertions }: SuiteCase, { hasJudge }: MeasureOptions): boolean {
  return checks.length > 0 || (hasJudge && assertions.length > 0);
}

/** The cases that this run can measure; says what it leaves out. */
function measurable(skill: EvaluatedSkill, suite: Suite, options: MeasureOptions): SuiteCase[] {
  const { shown } = skill;
  const { reporter, hasJudge } = options;
  const cases = suite.cases.filter((one) => hasVerdict(one, options));
  const left = suite.cases.length - cases.length;
  if (left > 0) {
    reporter.warning(
      `${shown}: ${left} of ${suite.cases.length} cases are left out, because ${hasJudge ? "they have neither checks nor assertions" : "they have no checks, and assertions need a judge"}.`,
    );
  }
  for (const student of options.students ?? []) tellLeftOut(student, { shown, cases, suite, reporter });
  if (suite.hasKernels && options.kernels === undefined) {
    reporter.info(`${shown}: the kernel cases of evals/kernels.json are left out.`);
  }
  const open = cases.filter(({ seen }) => !seen);
  if (cases.length > 0 && open.length === 0) {
    reporter.warning(
      `${shown}: all of its cases came from traces that it was distilled from; no verdict can rest on them.`,
    );
  }
  return cases;
}

/** Some cases ask for what a student does not leave. */
function tellLeftOut(
  { spec, agent }: PlannedStudent,
  { shown, cases, suite, reporter }: { shown: string; cases: SuiteCase[]; suite: Suite; reporter: Reporter },
): void {
  const count = (need: "workspace" | "trace"): number =>
    cases.filter(({ checks }) => needOf(checks) === need).length;
  const left =
    agent === undefined ? count("workspace") + count("trace") : agent.has_trace ? 0 : count("trace");
  if (left > 0) {
    const why = agent === undefined ? "a chat makes no files and calls no tools" : "its agent has no `trace`";
    reporter.warning(`${shown}: ${left} of ${cases.length} cases are left out for ${spec}: ${why}.`);
  }
  if (suite.triggers.length > 0 && agent?.has_trace === false) {
    reporter.warning(
      `${shown}: triggering cannot be measured for ${spec}: only a log tells what was chosen, and its agent has no \`trace\`.`,
    );
  }
}
