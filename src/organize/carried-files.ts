import { compareText } from "../compare-text.ts";
import { sha256 } from "../digest.ts";
import { type FilePlaces, placeFiles, takePath } from "./file-places.ts";
import { movedReferenceNotes } from "./moved-references.ts";
import type { SurvivorFile } from "./organize-proposal.ts";
import type { SourceSkill } from "./skill-pieces.ts";
import { readSourceCases, unionNotes, unitedCaseFiles, unitedPaths } from "./united-cases.ts";

/** A file beside the survivor, with its bytes. */
export interface CarriedFile extends SurvivorFile {
  bytes: Uint8Array;
}

export interface CarriedFiles {
  files: CarriedFile[];
  /** By source: the new paths of files that could not keep theirs. */
  moved: ReadonlyMap<string, ReadonlyMap<string, string>>;
  notes: string[];
}

/** As many characters as a proposal takes for a note. */
const longestNote = 2000;

/**
 * The files of several skills' folders in one: the first skill that has a path keeps it, equal files are one, and where
 * another skill's file clashes, all of its folder goes into a folder with its name. The cases of all are the
 * survivor's, their ids begun with their skill's name. The files of a single skill stay as they are.
 */
export function carryFiles(sources: readonly SourceSkill[], survivor: string): CarriedFiles {
  const cases = sources.length > 1 ? sources.map(readSourceCases) : [];
  const places: FilePlaces = { files: new Map(), folders: new Set() };
  for (const path of ["SKILL.md", ...unitedPaths(cases)]) takePath(places, path, "");
  const files: CarriedFile[] = [];
  const moved = new Map<string, Map<string, string>>();
  const notes = [...cases.flatMap((one) => one.notes), ...unionNotes(cases)];
  for (const [index, source] of sources.entries()) {
    const { united, unread } = cases[index] ?? {};
    const carried = source.files.filter(({ path }) => united?.has(path) !== true);
    const paths = new Map<string, string>();
    moved.set(source.name, paths);
    for (const together of byTopFolder(carried)) {
      const known = together.map((file) => ({ ...file, digest: sha256(file.bytes) }));
      const mustMove = known.some(({ path }) => unread?.has(path) === true);
      const placed = placeFiles(places, known, { skill: source.name, mustMove });
      for (const [at, { path: from, bytes, digest }] of known.entries()) {
        const { path = from, isThere = false } = placed[at] ?? {};
        if (path !== from) paths.set(from, path);
        if (isThere) continue;
        files.push({ path, from: source.name, source_path: from, content: null, sha256: digest, bytes });
      }
    }
    notes.push(...movedReferenceNotes({ ...source, files: carried }, paths));
  }
  for (const [path, content] of unitedCaseFiles(cases, survivor, moved)) files.push(madeFile(path, content));
  files.sort((a, b) => compareText(a.path, b.path));
  return { files, moved, notes: notes.map((note) => note.slice(0, longestNote)) };
}

/** Files of one top folder together, and each file outside of all folders alone. */
function byTopFolder<T extends { path: string }>(files: readonly T[]): T[][] {
  const groups = Map.groupBy(files, ({ path }) => path.split("/", 1)[0]);
  return [...groups.values()];
}

function madeFile(path: string, content: string): CarriedFile {
  const bytes = new TextEncoder().encode(content);
  return { path, from: null, source_path: null, content, sha256: sha256(content), bytes };
}
