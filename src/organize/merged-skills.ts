import type { SkillFolder } from "../evaluate/skill-files.ts";
import { filesInMemory } from "../evaluate/skill-files.ts";
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
