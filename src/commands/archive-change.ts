import { isDeepStrictEqual } from "node:util";
import { Failure } from "../failure.ts";
import { blobId } from "../git/blob-id.ts";
import type { FileChange } from "../git/commit.ts";
import { formatMessage, type Trailer } from "../git/message.ts";
import { listFilesAt, listTree, readFileAt, resolveCommit } from "../git/repository.ts";
import { freshStart, isAncestor } from "../git/starting-point.ts";
import {
  type Archive,
  type ArchiveEntry,
  extendArchive,
  parseArchive,
  withoutEntries,
  writeArchive,
} from "../skills/archive.ts";
import { skillFolder } from "../skills/skill-place.ts";
import type { Change, MadeChange } from "./land-change.ts";
import type { LandingPlace, There } from "./landing-place.ts";
import { evidencePathOf, inLibrary, type LibraryAt, libraryAt } from "./library-at.ts";

/** A skill that leaves the tree; the commit is that of the target branch, and the date that of the run, where absent. */
export type RetiredSkill = Omit<ArchiveEntry, "commit" | "date"> & Partial<Pick<ArchiveEntry, "date">>;

/** What a change does to a library, apart from the index of retired skills. */
export interface ArchiveStep {
  changes: FileChange[];
  retired: RetiredSkill[];
  /** Entries that leave the index, since their skills are back. */
  restored: ArchiveEntry[];
}

export interface ArchiveWords {
  body: string;
  /** Of the commit, below its title. */
  message: string;
  trailers: readonly Trailer[];
}

/** A change that puts skills away or brings them back. It is made anew from the target branch by each run. */
export interface ArchivePlan<Step extends ArchiveStep> {
  branch: string;
  title: string;
  /** On the library as the target branch has it. Throws `Failure` for what may not be done there. */
  make(at: LibraryAt): Promise<Step>;
  /** What is told of it; `entries` are those that `retired` became. */
  words(step: Step, entries: readonly ArchiveEntry[]): ArchiveWords;
  /** Whether a library says all of it already, whatever people changed of it since. */
  isDone(at: LibraryAt): boolean;
  /** Whether doing it again is a mistake of the caller, which `make` then tells. */
  refusesTwice: boolean;
}

export type MadeArchiveChange<Step> = MadeChange & {
  /** Undefined where there was nothing to do. */
  step: Step | undefined;
  entries: ArchiveEntry[];
};

export function archiveChange<Step extends ArchiveStep>(
  plan: ArchivePlan<Step>,
  place: LandingPlace,
): Change<MadeArchiveChange<Step>> {
  const { repository, home, config, context } = place;

  /** The step and all its files with the index. What an earlier run wrote to `tip` of the index stays as it is. */
  async function makeOn(
    at: LibraryAt,
    tip: string | undefined,
  ): Promise<{ step: Step; entries: ArchiveEntry[]; changes: FileChange[] }> {
    const step = await plan.make(at);
    const earlier = tip === undefined ? undefined : { tip, index: await indexAt(at, tip) };
    const date = context.now().toISOString();
    const entries: ArchiveEntry[] = [];
    for (const skill of step.retired) {
      entries.push(await settled({ date, ...skill, commit: at.commit }, earlier, at));
    }
    const index = extendArchive(withoutEntries(at.index, step.restored), entries);
    const isSame = isDeepStrictEqual(index, at.index);
    const changes = isSame
      ? step.changes
      : [...step.changes, { path: at.archive, content: writeArchive(index) }];
    return { step, entries, changes };
  }

  return {
    branch: plan.branch,
    async make({ baseCommit, head }) {
      const at = await libraryAt(repository, home, baseCommit);
      const { title } = plan;
      const start = await freshStart(repository, { base: baseCommit, head, committer: config.commit });
      if (!plan.refusesTwice && plan.isDone(at)) {
        const nothing = { title, body: "", changes: [], hasNews: false, message: async () => title };
        return { ...nothing, start: { ...start, content: baseCommit }, step: undefined, entries: [] };
      }
      const isUsed = start.changed.length > 0;
      const { step, entries, changes } = await makeOn(at, isUsed ? head : undefined);
      const { body, message, trailers } = plan.words(step, entries);
      const made = {
        title,
        body,
        hasNews: true,
        message: async () => formatMessage(title, message, trailers),
        step,
        entries,
      };
      if (!start.rewrites) {
        // Commits of a reviewer are on it: where it does what is asked for, it stays as they made it.
        if (!plan.isDone(await libraryAt(repository, home, start.content))) throw overtaken(plan.branch);
        return { ...made, start, changes: [] };
      }
      const paths = new Set(changes.map(({ path }) => path));
      const isThere =
        head !== undefined &&
        isUsed &&
        start.changed.every((path) => paths.has(path)) &&
        (await holds(at, head, changes));
      if (isThere) return { ...made, start: { ...start, content: head }, changes: [] };
      return { ...made, start, changes };
    },
    async isIn(commit: string, { baseCommit }: There) {
      const at = await libraryAt(repository, home, baseCommit);
      return holds(at, commit, (await makeOn(at, commit)).changes);
    },
  };
}

function overtaken(branch: string): Failure {
  return new Failure(`The branch ${branch} holds commits of somebody else, and no longer fits.`, {
    remedy: "Merge or close its pull request, or delete the branch, and run this again.",
    exitCode: 1,
  });
}

/** Undefined where a commit has no index, or one that somebody broke. */
async function indexAt(at: LibraryAt, commit: string): Promise<Archive | undefined> {
  const text = await readFileAt(at.repository, commit, at.archive);
  if (text === undefined) return undefined;
  try {
    return parseArchive(text.toString("utf8"), at.archive);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

/**
 * The entry that an earlier run made for the same skill, where its commit still holds the same files: a second run then
 * changes nothing, whatever else was merged in between.
 */
async function settled(
  wanted: ArchiveEntry,
  earlier: { tip: string; index: Archive | undefined } | undefined,
  at: LibraryAt,
): Promise<ArchiveEntry> {
  const known = earlier?.index?.retired.findLast((entry) =>
    isDeepStrictEqual({ ...entry, commit: "", date: "" }, { ...wanted, commit: "", date: "" }),
  );
  if (known === undefined || earlier === undefined) return wanted;
  const { repository } = at;
  if ((await resolveCommit(repository, known.commit)) !== known.commit) return wanted;
  // A shallow clone may not reach as far; that run stood on a commit of the target branch.
  const isOfTarget =
    (await resolveCommit(repository, `${earlier.tip}^`)) === known.commit ||
    (await isAncestor(repository, known.commit, at.commit));
  if (!isOfTarget) return wanted;
  const paths = [skillFolder(inLibrary(at, wanted.path)), evidencePathOf(at, wanted.name)];
  const ids = async (commit: string): Promise<string[]> =>
    (await listTree(repository, commit, paths)).map(({ path, id }) => `${path} ${id}`);
  return isDeepStrictEqual(await ids(known.commit), await ids(at.commit)) ? known : wanted;
}

/** Whether a commit has all files as a change wants them. */
async function holds(
  { repository }: LibraryAt,
  commit: string,
  changes: readonly FileChange[],
): Promise<boolean> {
  const files = new Map((await listFilesAt(repository, commit)).map((file) => [file.path, file]));
  return changes.every(({ path, content }) => {
    const file = files.get(path);
    if (content === null) return file === undefined;
    return file?.mode === "100644" && file.id === blobId(content, file.id);
  });
}
