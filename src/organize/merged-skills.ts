import type { KernelSettings } from "../config/kernels.ts";
import { armsOf, givenOf, installedOf } from "../evaluate/arms.ts";
import type { Given } from "../evaluate/given.ts";
import { type Learned, readKernelCases } from "../evaluate/kernel-cases.ts";
import { findLeaks, requireNoLeak } from "../evaluate/leak.ts";
import type { MeasuredSkill } from "../evaluate/measured-skill.ts";
import { filesInMemory, type SkillFiles, type SkillFolder } from "../evaluate/skill-files.ts";
import { loadSuite } from "../evaluate/suite.ts";
import { parseSkillFile } from "../skills/skill-file.ts";
import type { SourceSkill } from "./skill-pieces.ts";
import type { Survivor } from "./survivor.ts";

/** Skills that are superseded, and those that take their place. */
export interface MergedSkills {
  kind: "merge" | "split";
  sources: readonly SourceSkill[];
  survivors: readonly Survivor[];
}

/** The files of a source. */
export function sourceFolder({ text, files }: SourceSkill): SkillFolder {
  return filesInMemory(new Map([["SKILL.md", Buffer.from(text)], ...bytesOf(files)]));
}

/**
 * What a student is given in the place of the sources: the survivor, or the survivors of a split as one, since an agent
 * has all of them at hand and nothing says which one a case belongs to.
 */
export function survivorsTogether({ survivors, sources }: MergedSkills): SkillFolder {
  const files = new Map(survivors.flatMap((survivor) => bytesOf(survivor.files)));
  const [only, ...others] = survivors;
  const text = only !== undefined && others.length === 0 ? only.text : joinedText(survivors, sources);
  return filesInMemory(new Map([["SKILL.md", Buffer.from(text)], ...files]));
}

/** The traces and operators that any of the sources learned from: a survivor has learned from all of them. */
export function learnedByAll({ sources }: MergedSkills): { traces: Set<string>; operators: string[] } {
  const traces = sources.flatMap(({ evidence }) => evidence?.traces ?? []);
  return {
    traces: new Set(traces.map(({ sha256 }) => sha256)),
    operators: [...new Set(traces.map(({ op }) => op))],
  };
}

/** Who answers and judges decides what can be measured. */
interface Measuring {
  hasJudge: boolean;
  /** Agents are given all files of a skill. */
  hasAgent: boolean;
  /** `problems` are those that skills share. */
  kernels: { settings: KernelSettings; problems: SkillFiles };
}

/**
 * What an evaluation of the sources has to measure: each source as base and what takes its place as head, on all cases of
 * the source. Sources without cases are left out. It is read from the merges alone, so that it can be held against a plan
 * from elsewhere. Throws `Failure`: exit code 1 for a survivor that holds an answer of the cases, 2 for unusable files.
 */
export async function measuredSources(
  merges: readonly MergedSkills[],
  measuring: Measuring,
): Promise<MeasuredSkill[]> {
  const measured: MeasuredSkill[] = [];
  for (const merge of merges) {
    const head = await versionOf(survivorsTogether(merge), measuring);
    const learned = learnedByAll(merge);
    for (const source of merge.sources) {
      const found = await measuredSource(source, { head, learned, measuring });
      if (found !== undefined) measured.push(found);
    }
  }
  return measured;
}

async function measuredSource(
  source: SourceSkill,
  { head, learned, measuring }: { head: Version; learned: Learned; measuring: Measuring },
): Promise<MeasuredSkill | undefined> {
  const { name, path } = source;
  const { hasJudge, kernels } = measuring;
  const files = sourceFolder(source);
  const { cases: own, triggers } = await loadSuite(files, name, { name, learnedFrom: learned.traces });
  const kernelCases = await readKernelCases(files, {
    folder: name,
    shared: kernels.problems,
    learned,
    settings: kernels.settings,
  });
  const judged = own.filter(
    ({ checks, assertions }) => checks.length > 0 || (hasJudge && assertions.length > 0),
  );
  const cases = [...judged, ...kernelCases];
  if (cases.length === 0 && triggers.length === 0) return undefined;
  requireNoLeak(name, findLeaks(new Map([["SKILL.md", head.text], ...head.given.files]), cases));
  const base = await versionOf(files, measuring);
  const arms = new Map(armsOf({ head: head.given, base: base.given, placebo: false }));
  arms.delete("none");
  return { name, path, text: head.text, arms, cases, triggers };
}

interface Version {
  text: string;
  given: Given;
}

async function versionOf(files: SkillFolder, { hasAgent }: Measuring): Promise<Version> {
  const text = (await files.read("SKILL.md")) ?? "";
  const skill = parseSkillFile(text, "SKILL.md");
  const given = await givenOf(skill, files);
  if (!hasAgent) return { text, given };
  return { text, given: { ...given, installed: await installedOf(files, skill.frontMatter.name) } };
}

function joinedText(survivors: readonly Survivor[], sources: readonly SourceSkill[]): string {
  const parsed = survivors.map(({ text, path }) => parseSkillFile(text, path));
  const description = parsed.map(({ frontMatter }) => frontMatter.description).join(" ");
  const body = parsed.map((skill) => skill.body.trim()).join("\n\n");
  const name = sources[0]?.name ?? "";
  return `---\nname: ${name}\ndescription: ${JSON.stringify(description)}\n---\n\n${body}\n`;
}

function bytesOf(files: readonly { path: string; bytes: Uint8Array }[]): [string, Uint8Array][] {
  return files.map(({ path, bytes }) => [path, bytes]);
}
