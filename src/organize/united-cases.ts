import { isUtf8 } from "node:buffer";
import { dirname } from "node:path/posix";
import { isDeepStrictEqual } from "node:util";
import { caseFiles, type SkillCases, skillCasesOf } from "../evaluate/case-files.ts";
import { type EvalCase, parseEvalSuite, requireUniqueIds, writeEvalSuite } from "../evaluate/eval-case.ts";
import { parseTriggers, triggerFiles } from "../evaluate/suite.ts";
import { writeSkillMeta } from "../evaluate/upskill-tests.ts";
import { Failure, usageFailure } from "../failure.ts";
import { caseId } from "./case-id.ts";
import type { SourceFile, SourceSkill } from "./skill-pieces.ts";
import { type KernelList, kernelsFile, parseKernelList, unitedKernels } from "./united-kernels.ts";

const [evalsFile, metaFile, testsFile] = caseFiles;
const [triggersFile] = triggerFiles;
/** Looked for before `tests.json` itself, as evaluation does. */
const innerTestsFile = "evals/tests.json";

/** By source: the new paths of files that could not keep theirs. */
type Moved = ReadonlyMap<string, ReadonlyMap<string, string>>;
type Triggers = ReturnType<typeof parseTriggers>;

/** The cases of one source, as its evaluation reads them; absent where it has none or they cannot be read. */
export interface SourceCases {
  skill: string;
  cases?: SkillCases;
  triggers?: Triggers;
  kernels?: KernelList;
  /** Files whose cases go into the survivor's own. */
  united: ReadonlySet<string>;
  /** Files that cannot be read: they are carried along where no evaluation looks. */
  unread: ReadonlySet<string>;
  notes: string[];
}

/** Reads the cases of a source. What evaluation would refuse becomes a note. */
export function readSourceCases(source: SourceSkill): SourceCases {
  const folder = dirname(source.path);
  const files = new Map(source.files.map((file) => [file.path, file]));
  const united = new Set<string>();
  const unread = new Set<string>();
  const notes: string[] = [];
  const attempt = <T>(paths: readonly string[], read: () => T): T | undefined => {
    const found = paths.filter((path) => files.has(path));
    if (found.length === 0) return undefined;
    try {
      return read();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      notes.push(`${error.message} Its cases are carried along unread.`);
      for (const path of found) unread.add(path);
      return undefined;
    }
  };
  const cases = attempt([evalsFile, metaFile, innerTestsFile, testsFile], () => {
    const tests = files.has(innerTestsFile) ? innerTestsFile : testsFile;
    const texts = [evalsFile, metaFile, tests].map((path) => textOf(files.get(path), folder));
    const read = skillCasesOf(source.name, folder, texts);
    requireLoadable(read.suite.cases, files, folder);
    const first = [evalsFile, metaFile, tests].find((path) => files.has(path));
    if (first !== undefined) united.add(first);
    if (files.has(metaFile)) united.add(metaFile);
    return read;
  });
  const triggers = attempt(triggerFiles, () => {
    const first = triggerFiles.find((path) => files.has(path)) ?? triggersFile;
    const read = parseTriggers(textOf(files.get(first), folder) ?? "", `${folder}/${first}`);
    united.add(first);
    return read;
  });
  const kernels = attempt([kernelsFile], () => {
    const read = parseKernelList(textOf(files.get(kernelsFile), folder) ?? "", `${folder}/${kernelsFile}`);
    united.add(kernelsFile);
    return read;
  });
  return {
    skill: source.name,
    ...(cases === undefined ? {} : { cases }),
    ...(triggers === undefined ? {} : { triggers }),
    ...(kernels === undefined ? {} : { kernels }),
    united,
    unread,
    notes,
  };
}

/** The paths that the united cases will have: no file of a source may lie there. */
export function unitedPaths(all: readonly SourceCases[]): string[] {
  return [...unitedCaseFiles(all, "", new Map()).keys()];
}

/** The files of the survivor that hold the cases of all sources, by path. */
export function unitedCaseFiles(
  all: readonly SourceCases[],
  survivor: string,
  moved: Moved,
): Map<string, string> {
  const made = new Map<string, string>();
  const read = all.flatMap(({ skill, cases }) => (cases === undefined ? [] : [{ skill, ...cases }]));
  const cases = read.flatMap(({ skill, suite }) => placedCases(skill, suite.cases, moved));
  const dialects = new Set(read.map(({ suite }) => suite.dialect));
  const [only] = dialects;
  if (cases.length > 0 || all.some(({ united }) => united.has(evalsFile))) {
    const dialect = dialects.size === 1 && only !== undefined ? only : "both";
    const others = Object.assign({}, ...read.map(({ suite }) => suite.others).toReversed());
    made.set(evalsFile, writeEvalSuite({ skillName: survivor, dialect, others, cases }));
  }
  // upskill knows no evals.json, and would run only what its own file says.
  const meta = read.find((one) => one.meta !== undefined)?.meta;
  if (meta !== undefined) made.set(metaFile, writeSkillMeta(meta, cases).text);
  if (all.some(({ triggers }) => triggers !== undefined)) {
    made.set(triggersFile, `${JSON.stringify(unitedTriggers(all), null, 2)}\n`);
  }
  const lists = all.flatMap(({ skill, kernels }) => (kernels === undefined ? [] : [{ skill, kernels }]));
  if (lists.length > 0) made.set(kernelsFile, unitedKernels(lists, survivor, moved));
  return made;
}

/** What becomes of the sources' cases and is no plain union. */
export function unionNotes(all: readonly SourceCases[]): string[] {
  const [kept, ...others] = all.filter(({ cases }) => cases?.meta !== undefined);
  const metas = others
    .filter(({ cases }) => !isDeepStrictEqual(cases?.meta, kept?.cases?.meta))
    .map(({ skill }) => `${metaFile} keeps the metadata of ${kept?.skill ?? ""}, not those of ${skill}.`);
  const wanted = wantedQueries(all);
  const queries = all.flatMap(({ skill, triggers = [] }) =>
    triggers
      .filter(({ query, should_trigger }) => !should_trigger && wanted.has(query))
      .map(
        ({ query }) => `A query that ${skill} should not answer is another skill's: ${query.slice(0, 200)}`,
      ),
  );
  return [...metas, ...queries];
}

/**
 * Reads the cases of a survivor as its evaluation will, and holds them against those of its sources. Throws `Failure`
 * (exit code 1) where a case is missing, or asks or checks something else.
 */
export function requireUnitedCases(
  sources: readonly SourceSkill[],
  survivor: { name: string; files: readonly SourceFile[]; moved: Moved },
): void {
  const all = sources.map(readSourceCases);
  const made = readSourceCases({
    name: survivor.name,
    path: `${survivor.name}/SKILL.md`,
    text: "",
    evidence: undefined,
    files: survivor.files,
  });
  const expected = all.flatMap(({ skill, cases }) =>
    placedCases(skill, cases?.suite.cases ?? [], survivor.moved),
  );
  const asked = ({ id, prompt, checks, files, inputs, mustPass }: EvalCase): unknown[] => [
    [id, prompt, checks],
    [files, inputs, mustPass],
  ];
  const isWhole =
    made.notes.length === 0 &&
    isDeepStrictEqual((made.cases?.suite.cases ?? []).map(asked), expected.map(asked)) &&
    isDeepStrictEqual(made.triggers ?? [], unitedTriggers(all)) &&
    sources.every((source, index) => hasSameNeeds(source, all[index], survivor));
  if (isWhole) return;
  const reason = made.notes[0] === undefined ? "" : ` ${made.notes[0].split(" Its cases are")[0]}`;
  throw new Failure(`${survivor.name} would not have all cases of its sources.${reason}`, {
    remedy: "Nothing was written. Correct the cases of these skills, or leave the skills as they are.",
    exitCode: 1,
  });
}

/** Whether the files and scripts that a source's cases name are the same bytes for the survivor. */
function hasSameNeeds(
  source: SourceSkill,
  own: SourceCases | undefined,
  { files, moved }: { files: readonly SourceFile[]; moved: Moved },
): boolean {
  const before = new Map(source.files.map((file) => [file.path, file.bytes]));
  const after = new Map(files.map((file) => [file.path, file.bytes]));
  return (own?.cases?.suite.cases ?? []).flatMap(needsOf).every((path) => {
    const old = before.get(path);
    const now = after.get(moved.get(source.name)?.get(path) ?? path);
    return old === undefined || (now !== undefined && Buffer.compare(old, now) === 0);
  });
}

function placedCases(skill: string, cases: readonly EvalCase[], moved: Moved): EvalCase[] {
  const placed = (path: string): string => moved.get(skill)?.get(path) ?? path;
  return cases.map((one) => ({
    ...one,
    id: caseId(skill, one.id),
    files: one.files.map(placed),
    checks: one.checks.map((check) =>
      check.kind === "script" ? { ...check, path: placed(check.path) } : check,
    ),
  }));
}

/** Each query once. One that any source should answer, the survivor should. */
function unitedTriggers(all: readonly SourceCases[]): Triggers {
  const wanted = wantedQueries(all);
  const byQuery = new Map<string, Triggers[number]>();
  for (const one of all.flatMap(({ triggers = [] }) => triggers)) {
    const isOver = !one.should_trigger && wanted.has(one.query);
    if (!isOver && !byQuery.has(one.query)) byQuery.set(one.query, one);
  }
  return [...byQuery.values()];
}

function wantedQueries(all: readonly SourceCases[]): Set<string> {
  const queries = all.flatMap(({ triggers = [] }) => triggers);
  return new Set(queries.filter(({ should_trigger }) => should_trigger).map(({ query }) => query));
}

/** One suite that evaluation refuses would take those of the other sources with it. Throws `Failure` (exit code 2). */
function requireLoadable(
  cases: readonly EvalCase[],
  files: ReadonlyMap<string, SourceFile>,
  folder: string,
): void {
  requireUniqueIds(
    cases.map((one) => ({ ...one, id: String(one.id) })),
    folder,
  );
  const remedy = "Add it to the skill's folder, or correct its path.";
  for (const one of cases) {
    for (const path of needsOf(one)) {
      if (path !== "SKILL.md" && textOf(files.get(path), folder) === undefined)
        throw usageFailure(`Case ${one.id} of ${folder} needs the file ${path}, which is not there.`, remedy);
    }
    for (const check of one.checks) {
      if (check.kind === "script" && textOf(files.get(check.path), folder)?.startsWith("#!") !== true)
        throw usageFailure(`The script ${check.path} of ${folder} does not begin with #!.`, remedy);
    }
  }
  // upskill's texts may be longer than evals.json allows.
  parseEvalSuite(
    writeEvalSuite({ skillName: "", dialect: "assertions", others: {}, cases: [...cases] }),
    folder,
  );
}

function needsOf({ files, checks }: EvalCase): string[] {
  return [...files, ...checks.flatMap((check) => (check.kind === "script" ? [check.path] : []))];
}

function textOf(file: SourceFile | undefined, folder: string): string | undefined {
  if (file === undefined) return undefined;
  if (!isUtf8(file.bytes)) {
    throw usageFailure(`${folder}/${file.path} is no UTF-8 text.`, "Write it as UTF-8 text.");
  }
  return Buffer.from(file.bytes).toString("utf8");
}
