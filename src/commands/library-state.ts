import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { LibraryHome } from "../config/library-home.ts";
import type { LibraryState } from "../distill/distill-material.ts";
import { readEvidenceFiles } from "../distill/evidence-file.ts";
import { liesInside, realPath } from "../files/real-path.ts";
import { finishInterrupted } from "../organize/journal.ts";
import { scanLibrary } from "../skills/library.ts";
import type { Context } from "./context.ts";
import { reportedPath } from "./reported-path.ts";

/**
 * Reads a library with its evidence, after finishing what an interrupted change of it left; files that are no skills are
 * reported and left alone.
 */
export async function readLibraryState(home: LibraryHome, context: Context): Promise<LibraryState> {
  if (await finishInterrupted(home))
    context.reporter.info("An interrupted change of the library was finished.");
  const { skills, rejected } = await scanLibrary(home.library);
  for (const { path, findings } of rejected) {
    const [first, ...others] = findings;
    const more = others.length > 0 ? ` There are ${others.length} more findings.` : "";
    context.reporter.warning(
      `${first?.message ?? "This skill is not valid."}${more} The file is left alone.`,
      { file: reportedPath(join(home.library, path), context.cwd), line: first?.line },
    );
  }
  return {
    skills: new Map(skills.map(({ name, path, skill }) => [name, { path, text: skill.text }])),
    evidence: await readEvidenceFiles(home.evidence),
    rejected: new Set(rejected.map(({ path }) => path)),
    files: new Map(),
    readFile: (path) => readText(join(home.library, path), home.root),
  };
}

/** Undefined where there is no such file, or a link leads to one outside. */
async function readText(path: string, root: string): Promise<string | undefined> {
  if (!liesInside(await realPath(path), await realPath(root))) return undefined;
  return await readFile(path, "utf8").catch(() => undefined);
}
