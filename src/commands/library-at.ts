import type { LibraryHome } from "../config/library-home.ts";
import { Failure, usageFailure } from "../failure.ts";
import { type GitRepository, listFilesAt, readFileAt, type TreeFile } from "../git/repository.ts";
import { type Archive, emptyArchive, parseArchive } from "../skills/archive.ts";
import { ownPaths, putAwayPlace } from "../skills/skill-place.ts";
import { libraryPlaces } from "./library-snapshot.ts";

/** The files of a library at one commit, and its index of retired skills. Paths are relative to the repository. */
export interface LibraryAt {
  repository: GitRepository;
  commit: string;
  /** Folders without a slash at their end; the library's is empty where it is the whole repository. */
  library: string;
  evidence: string;
  /** Path of the index. */
  archive: string;
  index: Archive;
  /** Below the library, AKG's archive included. */
  files: readonly TreeFile[];
}

/** Throws `Failure` (exit code 2) for a library outside of the repository, and for an index that is none. */
export async function libraryAt(
  repository: GitRepository,
  home: LibraryHome,
  commit: string,
): Promise<LibraryAt> {
  const places = await libraryPlaces(repository, home);
  const text = (await readFileAt(repository, commit, places.archive))?.toString("utf8");
  const index = text === undefined ? emptyArchive : parseArchive(text, places.archive);
  return {
    repository,
    commit,
    ...places,
    index,
    files: await listFilesAt(repository, commit, places.library),
  };
}

/** The path of the SKILL.md in the folder of that name, outside of AKG's archive; undefined without one. */
export function skillPathOf(at: LibraryAt, name: string): string | undefined {
  const found = at.files.filter(({ path }) => isSkillOf(path, name) && putAwayPlace(path) === undefined);
  const [first, second] = found;
  if (first && second) {
    throw usageFailure(
      `Two skills are named ${name}: ${first.path} and ${second.path}.`,
      "Rename one of them first.",
    );
  }
  return first?.path;
}

/** The last skill of that name that AKG put away. */
export function putAwayPathOf(at: LibraryAt, name: string): string | undefined {
  return at.files
    .filter(({ path }) => isSkillOf(path, name))
    .flatMap(({ path }) => {
      const place = putAwayPlace(path);
      return place ? [{ path, timestamp: place.timestamp }] : [];
    })
    .sort((a, b) => (a.timestamp < b.timestamp ? -1 : 1))
    .at(-1)?.path;
}

function isSkillOf(path: string, name: string): boolean {
  return `/${path}`.endsWith(`/${name}/SKILL.md`);
}

/**
 * The files of a skill, from the path of its SKILL.md. Throws `Failure` (exit code 1) where one is a link or a
 * submodule: these are not brought back, so they are not put away either.
 */
export function skillFilesOf(files: readonly TreeFile[], path: string): TreeFile[] {
  const own = ownPaths(files, path);
  const odd = own.find(({ mode }) => !mode.startsWith("100"));
  if (odd === undefined) return own;
  throw new Failure(
    `${odd.path} is ${odd.mode === "120000" ? "a symbolic link" : "a submodule"}, which belongs to no skill.`,
    { remedy: "Put the file itself into the skill's folder, or remove it.", exitCode: 1 },
  );
}

/** A path in the repository, of one in the library. */
export function inLibrary({ library }: Pick<LibraryAt, "library">, path: string): string {
  return library === "" ? path : `${library}/${path}`;
}

/** A path in the library, of one in the repository. */
export function belowLibrary({ library }: Pick<LibraryAt, "library">, path: string): string {
  return library === "" ? path : path.slice(library.length + 1);
}

export function evidencePathOf({ evidence }: Pick<LibraryAt, "evidence">, name: string): string {
  return `${evidence}/${name}.json`;
}
