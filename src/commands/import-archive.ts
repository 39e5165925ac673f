import { usageFailure } from "../failure.ts";
import { importBody } from "../report/archive-body.ts";
import type { ArchiveEntry } from "../skills/archive.ts";
import { nameProblems } from "../skills/skill-name.ts";
import { putAwayDate, putAwayPlace, skillFolder } from "../skills/skill-place.ts";
import { archiveChange, type ArchivePlan, type ArchiveStep, type RetiredSkill } from "./archive-change.ts";
import type { Context } from "./context.ts";
import { landChange, type Landed } from "./land-change.ts";
import { type LandingRequest, openLandingPlace } from "./landing-place.ts";
import { belowLibrary, type LibraryAt, skillFilesOf } from "./library-at.ts";

export interface ImportResult extends Landed {
  command: "retire";
  archived: ArchiveEntry[];
}

interface ImportStep extends ArchiveStep {
  /** Folders whose name is none of a skill; they stay. */
  passedOver: string[];
}

/**
 * Moves what AKG put into `.archive/{timestamp}/` to git history: the commit that still holds it goes into the index, and
 * the folders leave the tree. Throws `Failure`: 1 for a folder that cannot be put away, 2 for wrong input, 3 as
 * `landChange`.
 */
export async function importAkgArchive(request: LandingRequest, context: Context): Promise<ImportResult> {
  const place = await openLandingPlace(request, context);
  const { landed, made } = await landChange(archiveChange(importPlan, place), place);
  return { command: "retire", ...landed, archived: made.entries };
}

const importPlan: ArchivePlan<ImportStep> = {
  branch: "overproof/import-archive",
  title: "Move archived skills to git history",
  async make(at) {
    const found = putAwaySkills(at);
    if (found.length === 0) {
      throw usageFailure(
        `There is no folder .archive/{timestamp}/ with skills in ${at.library === "" ? "the library" : at.library}.`,
        "Nothing is to import.",
      );
    }
    const usable = found.filter(({ skill }) => nameProblems(skill.name, 1).length === 0);
    const retired = usable.map(({ skill }) => skill);
    const paths = usable.flatMap(({ path }) => skillFilesOf(at.files, path).map((file) => file.path));
    return {
      changes: paths.map((path) => ({ path, content: null })),
      retired,
      restored: [],
      passedOver: found.filter((one) => !usable.includes(one)).map(({ path }) => skillFolder(path)),
    };
  },
  words: ({ passedOver }, entries) => ({
    body: importBody(entries, passedOver),
    message: `${entries.length} skills that AKG put away.`,
    trailers: entries.map(({ name, commit }) => ["Overproof-Supersedes", `${name}@${commit}`] as const),
  }),
  isDone: (at) => putAwaySkills(at).length === 0,
  refusesTwice: true,
};

/** Skills in `.archive/{timestamp}/`, anywhere in the library, by their folder's name. */
export function putAwaySkills(at: LibraryAt): { path: string; skill: RetiredSkill }[] {
  return at.files.flatMap(({ path }) => {
    const place = path.endsWith("/SKILL.md") ? putAwayPlace(path) : undefined;
    const date = place && putAwayDate(place.timestamp);
    if (date === undefined) return [];
    const name = skillFolder(path).split("/").at(-1) ?? "";
    const reason = "AKG put it away when it merged or split skills; it did not record into which.";
    const skill = { name, path: belowLibrary(at, path), survivors: [], reason, results: null, date };
    return [{ path, skill }];
  });
}
