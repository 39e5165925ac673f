import { lstat, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { LibraryHome } from "../config/library-home.ts";
import { reasonOf, usageFailure } from "../failure.ts";
import { realPath } from "../files/real-path.ts";
import { writeStaged } from "../files/staged-write.ts";
import { openRepository } from "../git/repository.ts";
import type { LibraryChange } from "../organize/journal.ts";
import type { OrganizedMerge } from "../organize/organize-library.ts";
import {
  additions,
  archiveMoves,
  archiveStamp,
  removals,
  survivorFiles,
} from "../organize/organized-changes.ts";
import {
  archiveFileName,
  emptyArchive,
  extendArchive,
  parseArchive,
  writeArchive,
} from "../skills/archive.ts";
import { putAwayName } from "../skills/skill-place.ts";
import { requireCommitted } from "./committed-sources.ts";
import type { Context } from "./context.ts";

/**
 * All that is done to a library, in the order in which it is. In a git repository superseded skills are removed, and the
 * index names the commit that holds them; elsewhere their folders move to `.archive/`. Throws `Failure`: exit code 1 for
 * skills that are not committed, 2 for an index that cannot be read.
 */
export async function libraryChanges(
  merges: readonly OrganizedMerge[],
  home: LibraryHome,
  context: Pick<Context, "environment" | "now">,
): Promise<LibraryChange[]> {
  const sources = merges.flatMap((merge) => merge.sources);
  if (!(await liesInGit(home.library))) {
    const evidence = await evidenceTexts(
      home,
      sources.filter((source) => source.evidence !== undefined).map(({ name }) => name),
    );
    const archive = await freeArchive(home.library, archiveStamp(context.now()));
    return [...additions(merges), ...archiveMoves(sources, archive, evidence)];
  }
  const repository = await openRepository(home.library, context.environment);
  const commit = await requireCommitted(repository, home, sources);
  const index = join(home.home, ".overproof", archiveFileName);
  const stored = await readFile(index, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw usageFailure(`${index} cannot be read: ${reasonOf(error)}.`, "Make it a readable file.", error);
  });
  const date = context.now().toISOString();
  const entries = merges.flatMap(({ proposed, sources: own }) =>
    own.map(({ name, path }) => ({
      name,
      path,
      commit,
      survivors: proposed.survivors.map((survivor) => survivor.name),
      reason: proposed.reason,
      results: null,
      date,
    })),
  );
  const archive = stored === undefined ? emptyArchive : parseArchive(stored, index);
  const text = writeArchive(extendArchive(archive, entries));
  return [
    ...additions(merges),
    { do: "write", in: "home", path: `.overproof/${archiveFileName}`, content: text },
    ...removals(sources),
  ];
}

/** Whether a folder or one around it is a working copy: git that is broken or missing must not look like no git. */
async function liesInGit(folder: string): Promise<boolean> {
  for (let current = await realPath(folder); ; current = dirname(current)) {
    if (await isThere(join(current, ".git"))) return true;
    if (current === dirname(current)) return false;
  }
}

/** The archive folder of this run, below the library; two runs of one second get two. */
async function freeArchive(library: string, stamp: string): Promise<string> {
  for (let n = 1; ; n += 1) {
    const archive = `.archive/${putAwayName(stamp, n)}`;
    if (!(await isThere(join(library, archive)))) return archive;
  }
}

async function isThere(path: string): Promise<boolean> {
  return await lstat(path).then(
    () => true,
    () => false,
  );
}

async function evidenceTexts(home: LibraryHome, names: readonly string[]): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  for (const name of names) texts.set(name, await readFile(join(home.evidence, `${name}.json`), "utf8"));
  return texts;
}

/** Writes survivors to another folder than their library. */
export async function writeOutput(merges: readonly OrganizedMerge[], folder: string): Promise<void> {
  const files = merges.flatMap(({ done }) => done.survivors.flatMap(survivorFiles));
  await writeStaged(files.map(({ path, content }) => ({ path: join(folder, path), content, root: folder })));
}
