import { relative, sep } from "node:path";
import type { LibraryHome } from "../config/library-home.ts";
import type { LibrarySnapshot } from "../distill/apply-proposal.ts";
import { usageFailure } from "../failure.ts";
import { liesInside, realPath } from "../files/real-path.ts";
import { type GitRepository, listFilesAt, readFileAt } from "../git/repository.ts";
import { archiveFileName } from "../skills/archive.ts";

/** What the linter and everything else passes over too: skills that AKG put away. */
const putAway = /(?:^|\/)\.archive\//;

/**
 * The library as it is at a commit, wherever the working tree is. Throws `Failure` (exit code 2) for a library outside
 * of the repository.
 */
export async function snapshotAt(
  repository: GitRepository,
  home: LibraryHome,
  commit: string,
): Promise<LibrarySnapshot> {
  const places = await libraryPlaces(repository, home);
  const files = await listFilesAt(repository, commit, places.library);
  return {
    ...places,
    read: async (path) => (await readFileAt(repository, commit, path))?.toString("utf8"),
    skillPaths: files
      .map(({ path }) => path)
      .filter((path) => /(?:^|\/)SKILL\.md$/.test(path) && !putAway.test(path)),
  };
}

/** The library's folder, that of its evidence files and its index of retired skills, relative to the repository. */
export async function libraryPlaces(
  repository: GitRepository,
  home: LibraryHome,
): Promise<{ library: string; evidence: string; archive: string }> {
  const top = await realPath(repository.folder);
  const inRepository = (path: string): string => {
    if (!liesInside(path, top)) {
      throw usageFailure(
        `${path} lies outside of the repository ${top}.`,
        "Name a library inside it, or run this in the repository that holds the library.",
      );
    }
    return relative(top, path).split(sep).join("/");
  };
  const library = inRepository(home.library);
  const evidence = inRepository(home.evidence);
  return { library, evidence, archive: evidence.replace(/evidence$/, archiveFileName) };
}
