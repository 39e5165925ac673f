import { Failure, usageFailure } from "../failure.ts";
import { bringBlobs, bringCommit } from "../git/fetch-objects.ts";
import type { FileChange } from "../git/commit.ts";
import {
  type GitRepository,
  listFilesAt,
  listTree,
  resolveCommit,
  type TreeFile,
} from "../git/repository.ts";
import { isAncestor } from "../git/starting-point.ts";
import { type RestoredSkill, restoreBody } from "../report/archive-body.ts";
import type { ArchiveEntry } from "../skills/archive.ts";
import { putAwayPlace, skillFolder } from "../skills/skill-place.ts";
import { archiveChange, type ArchivePlan, type ArchiveStep } from "./archive-change.ts";
import type { Context } from "./context.ts";
import { landChange, type Landed } from "./land-change.ts";
import { type LandingPlace, type LandingRequest, openLandingPlace } from "./landing-place.ts";
import {
  evidencePathOf,
  inLibrary,
  type LibraryAt,
  putAwayPathOf,
  skillFilesOf,
  skillPathOf,
} from "./library-at.ts";
import { requireSkillName } from "./retire.ts";

export interface RestoreRequest extends LandingRequest {
  /** `name`, or `name@commit` with the beginning of a commit's id. */
  skill: string;
}

export interface RestoreResult extends Landed {
  command: "restore";
  /** Null where nothing was to do. */
  restored: { name: string; path: string; commit: string; files: string[] } | null;
}

/** Where a skill is brought back from. */
interface Source {
  commit: string;
  /** Of its SKILL.md there, relative to the repository. */
  path: string;
  /** Where it goes. */
  target: string;
  entry: ArchiveEntry | undefined;
  isPutAway: boolean;
}

interface RestoreStep extends ArchiveStep, RestoredSkill {
  target: string;
}

/**
 * Brings a retired skill back with all its files and its evidence, byte for byte, on a branch with a pull request. The
 * commit that the index names, or the named one, is fetched where the clone does not reach as far. Throws `Failure`: 1
 * for files that may not be written, 2 for wrong input, 3 for a commit that cannot be fetched, and as `landChange`.
 */
export async function restore(request: RestoreRequest, context: Context): Promise<RestoreResult> {
  const { name, commit } = parseSkill(request.skill);
  const place = await openLandingPlace(request, context);
  const { landed, made } = await landChange(archiveChange(restoration(name, commit, place), place), place);
  const { step } = made;
  const restored = step && {
    name,
    path: step.target,
    commit: step.commit,
    files: [...step.paths],
  };
  return { command: "restore", ...landed, restored: restored ?? null };
}

function parseSkill(skill: string): { name: string; commit: string | undefined } {
  const at = skill.indexOf("@");
  const name = at < 0 ? skill : skill.slice(0, at);
  const commit = at < 0 ? undefined : skill.slice(at + 1);
  requireSkillName(name);
  if (commit === undefined || /^[0-9a-f]{4,64}$/.test(commit)) return { name, commit };
  throw usageFailure(
    `${JSON.stringify(commit.slice(0, 100))} is no id of a commit.`,
    `Write ${name}@ and 4 to 64 hexadecimal digits.`,
  );
}

function restoration(
  name: string,
  wanted: string | undefined,
  place: LandingPlace,
): ArchivePlan<RestoreStep> {
  return {
    branch: `overproof/restore/${name}`,
    title: `Restore skill ${name}`,
    async make(at) {
      const there = skillPathOf(at, name);
      if (there !== undefined) {
        throw usageFailure(
          `There is a skill ${name}, in ${there}.`,
          "Rename it or retire it first: nothing is overwritten.",
        );
      }
      const source = await sourceOf(at, name, wanted, place);
      const { commit, entry, isPutAway, target } = source;
      const { files, changes } = await filesFrom(at, name, source, place);
      return {
        name,
        commit,
        entry,
        isPutAway,
        target,
        paths: changes.flatMap(({ path, content }) => (content === null ? [] : [path])),
        executable: files.filter(({ mode }) => mode === "100755").map(({ path }) => path),
        changes,
        retired: [],
        restored: entry === undefined ? [] : [entry],
      };
    },
    words: (step) => ({
      body: restoreBody(step),
      message: `Its files are those of ${step.commit.slice(0, 12)}.`,
      trailers: [["Overproof-Restores", `${name}@${step.commit}`]],
    }),
    isDone: (at) => skillPathOf(at, name) !== undefined,
    refusesTwice: true,
  };
}

/** From the index, from AKG's archive in the tree, or from the commit that is named. */
async function sourceOf(
  at: LibraryAt,
  name: string,
  wanted: string | undefined,
  { repository, server }: LandingPlace,
): Promise<Source> {
  const entry = at.index.retired.findLast(
    (one) => one.name === name && (wanted === undefined || one.commit.startsWith(wanted)),
  );
  if (entry !== undefined) {
    await bringCommit(repository, server?.link, entry.commit);
    await requireOfTarget(repository, entry.commit, at.commit);
    const path = inLibrary(at, entry.path);
    return { commit: entry.commit, path, target: targetOf(path), entry, isPutAway: false };
  }
  if (wanted === undefined) {
    const path = putAwayPathOf(at, name);
    if (path === undefined) throw notRetired(at, name);
    return { commit: at.commit, path, target: targetOf(path), entry: undefined, isPutAway: true };
  }
  if (wanted.length >= 40) await bringCommit(repository, server?.link, wanted);
  const commit = await resolveCommit(repository, wanted);
  if (commit === undefined) {
    throw usageFailure(
      `There is no commit ${wanted} in this repository.`,
      "Write the whole id, so that it can be fetched, or name a commit that is here.",
    );
  }
  const path = await pathIn(at, commit, name);
  const last = at.index.retired.findLast((one) => one.name === name);
  return { commit, path, target: targetOf(path), entry: last, isPutAway: false };
}

/** What the index names is of the target branch, or it is not what was reviewed there. A shallow clone cannot tell. */
async function requireOfTarget(repository: GitRepository, commit: string, target: string): Promise<void> {
  if ((await isAncestor(repository, commit, target)) || (await isShallow(repository))) return;
  throw new Failure(
    `Commit ${commit.slice(0, 12)}, which .overproof/archive.json names, is not in the history of the target branch.`,
    { remedy: "Name a commit that is: overproof restore NAME@COMMIT.", exitCode: 1 },
  );
}

async function isShallow({ git }: GitRepository): Promise<boolean> {
  return (await git.text(["rev-parse", "--is-shallow-repository"])).trim() === "true";
}

async function pathIn(at: LibraryAt, commit: string, name: string): Promise<string> {
  const files = await listFilesAt(at.repository, commit, at.library);
  const path = skillPathOf({ ...at, files }, name) ?? putAwayPathOf({ ...at, files }, name);
  if (path !== undefined) return path;
  throw usageFailure(
    `Commit ${commit.slice(0, 12)} holds no skill ${name} in ${at.library === "" ? "the library" : at.library}.`,
    `Run overproof history ${name} to see which commits do.`,
  );
}

/** What AKG put away goes back to where it lay. */
function targetOf(path: string): string {
  return putAwayPlace(path)?.original ?? path;
}

function notRetired(at: LibraryAt, name: string): Failure {
  const close = at.index.retired
    .map((entry) => entry.name)
    .filter((known) => known.includes(name) || name.includes(known))
    .slice(0, 3);
  return usageFailure(
    `No skill ${name} was retired here.`,
    close.length > 0
      ? `Did you mean ${close.join(" or ")}?`
      : `Run overproof history to see which were, or name a commit: ${name}@COMMIT.`,
  );
}

/** The files with their bytes, and what leaves AKG's archive for them. Throws `Failure` (exit code 1) for links. */
async function filesFrom(
  at: LibraryAt,
  name: string,
  { commit, path, target, isPutAway }: Source,
  { repository, server }: LandingPlace,
): Promise<{ files: TreeFile[]; changes: FileChange[] }> {
  const files = skillFilesOf(await listFilesAt(repository, commit, skillFolder(path)), path);
  if (!files.some((file) => file.path === path)) {
    throw new Failure(`Commit ${commit.slice(0, 12)} holds no ${path}, although the index says so.`, {
      remedy: `Run overproof history ${name}, and name a commit that holds it: ${name}@COMMIT.`,
      exitCode: 2,
    });
  }
  const evidence = evidencePathOf(at, name);
  const beside = (await listTree(repository, commit, [evidence])).filter(({ mode }) =>
    mode.startsWith("100"),
  );
  const all = [...files, ...(isPutAway ? [] : beside)];
  await bringBlobs(repository, server?.link, { commit, ids: all.map(({ id }) => id) });
  const from = skillFolder(path);
  const to = skillFolder(target);
  requireFree(
    at,
    files.map((file) => to + file.path.slice(from.length)),
  );
  await requireOwnPlace(name, target, at);
  await requireSameEvidence(at, evidence, all);
  const changes: FileChange[] = [];
  for (const file of all) {
    const goesTo = file.path === evidence ? evidence : to + file.path.slice(from.length);
    changes.push({ path: goesTo, content: await repository.git.blob(file.id) });
  }
  const left = isPutAway ? files.map((file) => ({ path: file.path, content: null })) : [];
  return { files: all, changes: [...changes, ...left] };
}

/**
 * An index may come with a change of a stranger's: a skill goes into a folder of its name that nothing hides. Throws
 * `Failure` (exit code 1).
 */
async function requireOwnPlace(name: string, target: string, at: LibraryAt): Promise<void> {
  const below = at.library === "" ? target : target.slice(at.library.length + 1);
  const folders = below.split("/").slice(0, -1);
  if (folders.at(-1) === name && !folders.some((folder) => folder.startsWith("."))) return;
  throw new Failure(`${target} is no place for the skill ${name}.`, {
    remedy: "Look at .overproof/archive.json: a skill lies in a folder of its name, and in no hidden one.",
    exitCode: 1,
  });
}

/** Evidence that was recorded since is not replaced by what was there before. */
async function requireSameEvidence(
  at: LibraryAt,
  path: string,
  restored: readonly TreeFile[],
): Promise<void> {
  const [now] = await listTree(at.repository, at.commit, [path]);
  if (now === undefined || restored.every((file) => file.path !== path || file.id === now.id)) return;
  throw usageFailure(
    `There is other evidence in ${path} now.`,
    "Move it away first: nothing is overwritten.",
  );
}

/** Nothing may lie where the skill goes. */
function requireFree(at: LibraryAt, paths: readonly string[]): void {
  const wanted = new Set(paths);
  const taken = at.files.find(({ path }) => wanted.has(path));
  if (taken === undefined) return;
  throw usageFailure(
    `There is a file ${taken.path} where the skill would go.`,
    "Move it away first: nothing is overwritten.",
  );
}
