import { stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { homePath, type LibraryHome, libraryHome } from "../config/library-home.ts";
import type { LoadedConfig } from "../config/load.ts";
import { usageFailure } from "../failure.ts";
import { liesInside, realPath } from "../files/real-path.ts";
import { scanLibrary } from "../skills/library.ts";
import { parseSkillFile, type SkillFile } from "../skills/skill-file.ts";
import { readSkillText } from "../skills/skill-search.ts";
import { describeProblem } from "../skills/lint-rules.ts";
import { reportedPath } from "./reported-path.ts";

/** A skill that is to be measured, as it stands in the working tree. */
export interface EvaluatedSkill {
  name: string;
  /** Of the SKILL.md, relative to the folder that holds the library, with slashes. */
  path: string;
  /** The skill's folder; absolute, without links above it. */
  folder: string;
  /** For messages. */
  shown: string;
  skill: SkillFile;
  home: LibraryHome;
}

/**
 * The skills that a command line names, by folder, by file, by name, or by a folder that holds several; those of the
 * configured library when it names none. Throws `Failure` (exit code 2) for what is no skill, and for two of one name.
 */
export async function evaluatedSkills(
  named: readonly string[],
  loaded: LoadedConfig,
  cwd: string,
): Promise<EvaluatedSkill[]> {
  const home = await libraryHome(cwd, loaded);
  const skills = new Map<string, EvaluatedSkill>();
  const lists = named.length === 0 ? [await inLibrary(home, cwd)] : [];
  for (const name of named) lists.push(await namedSkills(name, home, loaded, cwd));
  for (const skill of lists.flat()) {
    const other = skills.get(skill.name);
    if (other !== undefined && other.folder !== skill.folder) {
      throw usageFailure(
        `Two skills are named ${JSON.stringify(skill.name)}: ${other.shown} and ${skill.shown}.`,
        "Rename one of them, or measure them one after the other.",
      );
    }
    skills.set(skill.name, skill);
  }
  return [...skills.values()];
}

async function namedSkills(
  named: string,
  home: LibraryHome,
  loaded: LoadedConfig,
  cwd: string,
): Promise<EvaluatedSkill[]> {
  const path = resolve(cwd, named);
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile() === true && basename(path) === "SKILL.md") {
    return [await skillIn(await realPath(dirname(path)), loaded, cwd)];
  }
  if (found?.isDirectory() === true) {
    const folder = await realPath(path);
    const isSkill = await stat(join(folder, "SKILL.md")).then(
      (file) => file.isFile(),
      () => false,
    );
    if (isSkill) return [await skillIn(folder, loaded, cwd)];
    const below = await inLibrary(await libraryHome(cwd, loaded, folder), cwd);
    if (below.length > 0) return below;
    throw usageFailure(`There is no SKILL.md below ${named}.`, "Name the folder of a skill.");
  }
  const inside = (await inLibrary(home, cwd)).filter(({ name }) => name === named);
  if (inside.length > 0) return inside;
  throw usageFailure(
    `${named} is neither a folder with a skill nor the name of one in ${reportedPath(home.library, cwd)}.`,
    "Run overproof list to see the names.",
  );
}

async function inLibrary(home: LibraryHome, cwd: string): Promise<EvaluatedSkill[]> {
  const { skills } = await scanLibrary(home.library);
  return Promise.all(
    skills.map(async ({ name, path, skill }) => {
      const file = join(home.library, path);
      return {
        name,
        path: homePath(home, file),
        folder: await realPath(dirname(file)),
        shown: reportedPath(dirname(file), cwd),
        skill,
        home,
      };
    }),
  );
}

/** A skill outside of the configured library keeps its library where it lies: in the folder above its own. */
async function skillIn(folder: string, loaded: LoadedConfig, cwd: string): Promise<EvaluatedSkill> {
  const configured = await libraryHome(cwd, loaded);
  const isInside = liesInside(folder, await realPath(configured.library));
  const home = isInside ? configured : await libraryHome(cwd, loaded, dirname(folder));
  const file = join(folder, "SKILL.md");
  const shown = reportedPath(folder, cwd);
  const read = await readSkillText(file);
  if ("problem" in read) {
    const { message, hint } = describeProblem(read.problem, file);
    throw usageFailure(message, hint);
  }
  const skill = parseSkillFile(read.text, `${shown}/SKILL.md`);
  return { name: skill.frontMatter.name, path: homePath(home, file), folder, shown, skill, home };
}
