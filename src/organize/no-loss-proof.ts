import { givenOf } from "../evaluate/arms.ts";
import { givenDigest } from "../evaluate/given.ts";
import type { KeptNoise } from "../evaluate/kept-noise.ts";
import type { TrialLookup } from "../evaluate/measured-case.ts";
import { type NoLossFigures, noLossFigures, type Superseding } from "../evaluate/no-loss.ts";
import type { Plan, PlannedSkill } from "../evaluate/plan.ts";
import type { SkillFolder } from "../evaluate/skill-files.ts";
import { caseDigest, loadSuite } from "../evaluate/suite.ts";
import { differenceWords } from "../report/figure-words.ts";
import { studentNames } from "../report/student-names.ts";
import { parseSkillFile } from "../skills/skill-file.ts";
import { learnedByAll, type MergedSkills, sourceFolder, survivorsTogether } from "./merged-skills.ts";
import type { NoLossProof } from "./organize-proposal.ts";
import type { SourceSkill } from "./skill-pieces.ts";

/** Results of the sources' cases, with the sources as base and their survivors as head. */
export interface NoLossResults {
  plan: Plan;
  trials: TrialLookup;
  noise: readonly KeptNoise[];
}

/**
 * Whether results prove that merges lose nothing. They count only where they are of the very texts of sources and
 * survivors, and of every case that a source has: neither a proposal nor a plan decides what it is proven by. The
 * thresholds are those of `plan`, which the caller sets from the configuration. Throws `Failure` (exit code 2) for cases
 * that cannot be read.
 */
export async function noLossProof(
  merges: readonly MergedSkills[],
  { plan, trials, noise }: NoLossResults,
): Promise<NoLossProof> {
  const superseding: Superseding[] = [];
  for (const merge of merges) {
    const problem = await whyNotComparable(merge, plan);
    if (problem !== undefined) return unproven(problem);
    superseding.push({
      survivors: merge.survivors.map(({ name }) => name),
      sources: merge.sources.map(({ name }) => name),
    });
  }
  const nameOf = studentNames(plan);
  const figures = noLossFigures(plan, trials, { merges: superseding, noise }).map((one) => ({
    ...one,
    student: nameOf(one.student, one.version),
  }));
  const open = figures.find(({ isProven }) => !isProven);
  if (figures.length === 0) return unproven("No student was asked.");
  if (open !== undefined) return unproven(openWords(open));
  return { state: "proven", reason: figures.map(provenWords).join(" ") };
}

/** Undefined where the plan measures just these texts, on all of these cases. */
async function whyNotComparable(merge: MergedSkills, plan: Plan): Promise<string | undefined> {
  const head = await digestOf(survivorsTogether(merge));
  const { traces } = learnedByAll(merge);
  let count = 0;
  for (const source of merge.sources) {
    const { name } = source;
    const planned = plan.skills.find((skill) => skill.name === name);
    const missing = await missingCase(source, planned, { traces, judge: plan.judge });
    if (missing !== undefined) return `The case ${JSON.stringify(missing)} of ${name} was not measured.`;
    if (planned === undefined) continue;
    count += planned.cases.length;
    const base = await digestOf(sourceFolder(source));
    if (planned.given.base !== base || planned.given.head !== head)
      return `The results for ${name} are of another text.`;
  }
  const names = merge.sources.map(({ name }) => name).join(" and ");
  return count === 0 ? `Neither of ${names} has a case that can be measured.` : undefined;
}

async function digestOf(files: SkillFolder): Promise<string | null> {
  const text = (await files.read("SKILL.md")) ?? "";
  return givenDigest(await givenOf(parseSkillFile(text, "SKILL.md"), files));
}

/** A case of a source that a plan lacks, has otherwise, or takes lighter than it is. */
async function missingCase(
  source: SourceSkill,
  planned: PlannedSkill | undefined,
  { traces, judge }: { traces: ReadonlySet<string>; judge: string | null },
): Promise<string | undefined> {
  const files = sourceFolder(source);
  const suite = await loadSuite(files, source.name, { name: source.name, learnedFrom: traces });
  const known = new Map(planned?.cases.map((one) => [one.id, one]));
  for (const one of suite.cases) {
    if (one.checks.length === 0 && (judge === null || one.assertions.length === 0)) continue;
    const found = known.get(one.id);
    const isSame =
      found?.sha256 === caseDigest(one, judge) && found.must_pass === one.mustPass && found.seen === one.seen;
    if (!isSame) return one.id;
  }
  if (!suite.hasKernels) return undefined;
  return [...known.values()].some(({ kernel }) => kernel !== undefined) ? undefined : "evals/kernels.json";
}

function openWords({ sources, student, verdict, ground, cases, difference, losers }: NoLossFigures): string {
  const names = sources.join(", ");
  if (losers.length > 0)
    return `For ${student} the cases of ${losers.join(", ")} got worse by the merge of ${names}.`;
  const on = `on ${cases} cases of ${names}`;
  if (difference === null) return `For ${student} nothing could be compared ${on} (${ground}).`;
  const shown = differenceWords(difference);
  return `For ${student} the verdict ${on} is ${verdict} (${ground === "decided" ? shown : `${ground}; ${shown}`}).`;
}

function provenWords({ survivors, sources, student, verdict, cases, difference }: NoLossFigures): string {
  const shown = difference === null ? "" : `: ${differenceWords(difference)}`;
  return `For ${student} ${survivors.join(", ")} is ${verdict} than ${sources.join(", ")} on their ${cases} cases${shown}.`;
}

function unproven(reason: string): NoLossProof {
  return { state: "unproven", reason: reason.slice(0, 2000) };
}
