import { lstat, readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { compareText } from "../compare-text.ts";
import type { EvidenceFile } from "../distill/evidence-file.ts";
import { isDeviceName } from "../files/device-name.ts";
import { entryNameProblem } from "../files/zip-entry-name.ts";
import { pathProblem } from "../git/path.ts";
import { groupBy } from "../group-by.ts";
import type { FrontMatter } from "../skills/front-matter.ts";
import { scanLibrary } from "../skills/library.ts";
import { isFixSkill, scopeOf } from "./scope.ts";
import type { SourceFile, SourceSkill } from "./skill-pieces.ts";

/** A skill that can be organised. */
export interface OrganizedSkill {
  name: string;
  /** Path of the SKILL.md, relative to the library. */
  path: string;
  text: string;
  body: string;
  frontMatter: FrontMatter;
  scope: string;
  isFix: boolean;
}

/** A file or skill that takes no part, and why, as a sentence. */
export interface LeftAlone {
  path: string;
  line?: number;
  reason: string;
}

export interface LibraryScan {
  skills: OrganizedSkill[];
  alone: LeftAlone[];
  /** Names that a new skill cannot have. */
  names: ReadonlySet<string>;
}

/**
 * All skills of a library that can be merged or split, by path. Left alone, with a reason: what cannot be read, skills
 * that share a name, skills that hold others in their folder, and paths that not every system allows.
 */
export async function scanForOrganize(library: string): Promise<LibraryScan> {
  const { skills, rejected } = await scanLibrary(library);
  const alone = rejected.map(({ path, findings }): LeftAlone => {
    const [first, ...others] = findings;
    const more = others.length > 0 ? ` There are ${others.length} more findings.` : "";
    return { path, line: first?.line ?? 1, reason: `${first?.message ?? "This skill is not valid."}${more}` };
  });
  const twice = new Set(
    rejected.flatMap(({ path, findings }) =>
      findings.some(({ rule }) => rule === "name-duplicate") ? path : [],
    ),
  );
  const doubled = await namesOf(library, twice);
  const folders = [...skills.map(({ path }) => path), ...rejected.map(({ path }) => path)].map(dirname);
  const holding = new Set(folders.flatMap(foldersAround));
  const found: OrganizedSkill[] = [];
  for (const { name, path, skill } of skills) {
    const problem = pathProblem(path) ?? entryNameProblem(path, 400);
    if (doubled.has(name)) alone.push({ path, reason: `Another skill is called ${name} as well.` });
    else if (isDeviceName(name)) alone.push({ path, reason: "Its name is that of a device on Windows." });
    else if (path.startsWith(".")) alone.push({ path, reason: "Its folder is hidden." });
    else if (holding.has(dirname(path)))
      alone.push({ path, reason: "There are other skills in its folder." });
    else if (problem !== null && problem !== undefined)
      alone.push({ path, reason: `Its path cannot be moved: ${problem}.` });
    else {
      const { frontMatter, text, body } = skill;
      const scope = scopeOf(path, frontMatter);
      found.push({ name, path, text, body, frontMatter, scope, isFix: isFixSkill(path, frontMatter) });
    }
  }
  return {
    skills: found,
    alone,
    names: new Set([...skills.map(({ name }) => name), ...folders.map(baseOf)]),
  };
}

/** The scopes of a library with the number of their skills. */
export function scopesOf({ skills }: LibraryScan): Map<string, number> {
  const groups = groupBy(skills, ({ scope }) => scope);
  const counts = [...groups].map(([scope, own]) => [scope, own.length] as const);
  return new Map(counts.sort(([a], [b]) => compareText(a, b)));
}

/** The names that skills in these files have. */
async function namesOf(library: string, paths: ReadonlySet<string>): Promise<Set<string>> {
  const names = new Set<string>();
  for (const path of paths) {
    const text = await readFile(join(library, path), "utf8").catch(() => "");
    const name = /^name:\s*["']?([a-z0-9-]+)/m.exec(text)?.[1];
    if (name !== undefined) names.add(name);
  }
  return names;
}

function foldersAround(folder: string): string[] {
  const parts = folder.split("/");
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("/"));
}

function baseOf(folder: string): string {
  return folder.slice(folder.lastIndexOf("/") + 1);
}

/** More files, or more bytes of them, than a skill has: such a folder is left alone. */
const most = { files: 2000, bytes: 50 * 1_048_576 };

/**
 * Reads a skill with every file of its folder. Returns a reason, as a sentence, where the folder holds what cannot be
 * carried along: links, devices, names that not every system allows, or too much.
 */
export async function readSource(
  library: string,
  skill: Pick<OrganizedSkill, "name" | "path" | "text">,
  evidence: EvidenceFile | undefined,
): Promise<SourceSkill | string> {
  const folder = join(library, dirname(skill.path));
  const files: SourceFile[] = [];
  let bytes = 0;
  const waiting = [""];
  for (let below = waiting.pop(); below !== undefined; below = waiting.pop()) {
    for (const entry of await readdir(join(folder, below), { withFileTypes: true })) {
      const path = below === "" ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory()) waiting.push(path);
      else if (path !== "SKILL.md") {
        const problem = pathProblem(path) ?? entryNameProblem(path, 300);
        if (problem !== null && problem !== undefined)
          return `Its file ${JSON.stringify(path)} cannot be moved: ${problem}.`;
        if (!entry.isFile()) return `Its file ${path} is a link or no regular file.`;
        bytes += (await lstat(join(folder, path))).size;
        if (files.length >= most.files || bytes > most.bytes)
          return "Its folder holds more than a skill can carry.";
        files.push({ path, bytes: await readFile(join(folder, path)) });
      }
    }
  }
  files.sort((a, b) => compareText(a.path, b.path));
  const { name, path, text } = skill;
  return { name, path, text, evidence, files };
}
