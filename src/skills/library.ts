import { resolve } from "node:path";
import { basename, dirname } from "node:path/posix";
import { type Finding, lintReading } from "./lint.ts";
import { describeProblem, type Problem, quoted } from "./lint-rules.ts";
import { readSkillFile, type SkillFile } from "./skill-file.ts";
import { type FoundFile, findSkillFiles } from "./skill-search.ts";

export interface LibrarySkill {
  name: string;
  /** POSIX, relative to the library, ends in `/SKILL.md`. */
  path: string;
  skill: SkillFile;
}

/** A file of a library; `skill` is absent when it cannot be used as one, and `findings` say why. */
export interface CheckedFile {
  path: string;
  findings: Finding[];
  skill?: SkillFile;
}

/** Every file of a library with all findings of the linter, sorted by path. Of skills with one name the first stays. */
export async function checkLibrary(folder: string): Promise<CheckedFile[]> {
  const taken = new Map<string, string>();
  return (await findSkillFiles(folder)).map((file) => check(file, folder, taken));
}

function check(file: FoundFile, library: string, taken: Map<string, string>): CheckedFile {
  const { path } = file;
  if ("problem" in file) return { path, findings: [describeProblem(file.problem, path)] };
  const reading = readSkillFile(file.text);
  const folder = basename(path.includes("/") ? dirname(path) : resolve(library));
  const findings = lintReading(reading, file.text, path, { folder });
  if (!reading.skill || basename(path) !== "SKILL.md") return { path, findings };

  const { name } = reading.skill.frontMatter;
  const first = taken.get(name);
  taken.set(name, first ?? path);
  if (first === undefined) return { path, findings, skill: reading.skill };
  const duplicate: Problem = {
    rule: "name-duplicate",
    line: reading.nameLine ?? 1,
    values: [quoted(name), first],
  };
  return { path, findings: [describeProblem(duplicate, path), ...findings] };
}

/**
 * The skills of a library, sorted by path, and the files that cannot be used as skills, with why. A skill may have
 * findings that do not keep it from being read. A missing folder is an empty library.
 */
export async function scanLibrary(
  folder: string,
): Promise<{ skills: LibrarySkill[]; rejected: { path: string; findings: Finding[] }[] }> {
  const skills: LibrarySkill[] = [];
  const rejected: { path: string; findings: Finding[] }[] = [];
  for (const { path, findings, skill } of await checkLibrary(folder)) {
    if (!skill) {
      rejected.push({ path, findings });
    } else if (path.includes("/")) {
      skills.push({ name: skill.frontMatter.name, path, skill });
    } else {
      rejected.push({
        path,
        findings: [describeProblem({ rule: "file-place", line: 1 }, path), ...findings],
      });
    }
  }
  return { skills, rejected };
}
