import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { LibraryHome } from "../config/library-home.ts";
import { sha256 } from "../digest.ts";
import { type Failure, reasonOf, usageFailure } from "../failure.ts";
import { firstIssue, parsedJson } from "../files/parsed-json.ts";
import { realPath } from "../files/real-path.ts";
import { writeStaged } from "../files/staged-write.ts";
import { isMarked, markJournal, removeMarker } from "./journal-marker.ts";
import { takeLock } from "./library-lock.ts";
import { looksTaken, type Step, stagedBytes, stepSchema, takeStep } from "./library-step.ts";
import { isThere, type LibraryPlace, requireOwnPlace, requirePossible } from "./possible-change.ts";

const journalSchema = z.strictObject({ format: z.literal(1), steps: z.array(stepSchema).max(500_000) });

/** One change of a library: all of them are made, or none. Paths are relative, with slashes. */
export type LibraryChange =
  | { do: "write"; in: LibraryPlace; path: string; content: string | Uint8Array }
  | Exclude<Step, { do: "write" }>;

/** Called before each write to the disk, with what it is; a test ends the process here. */
export type BeforeWrite = (what: string) => Promise<void> | void;

const nothing: BeforeWrite = () => undefined;

const journalName = "journal.json";

const pendingPath = ".overproof/runs/pending";

function pendingFolder({ home }: LibraryHome): string {
  return join(home, pendingPath);
}

/** Beside the folder, which goes while the lock is still held. */
async function lockFile({ home }: LibraryHome): Promise<string> {
  return `${join(await realPath(home), pendingPath)}.lock`;
}

/**
 * Makes changes to a library so that a process that is killed at any point leaves it as it was, or as it is to be once
 * `finishInterrupted` has run: new files are staged first, then a journal says what is to be done, then it is done.
 * Throws `Failure`: exit code 1 for two files that cannot lie in one folder, 2 where a file cannot be written, a link
 * lies on the way, something to be changed is gone, or another process is changing the library.
 */
export async function changeLibrary(
  home: LibraryHome,
  changes: readonly LibraryChange[],
  before: BeforeWrite = nothing,
): Promise<void> {
  await withLock(home, before, async () => {
    await finish(home, before);
    const steps = await stage(home, changes, before);
    await carryOn(home, steps, before);
  });
}

/**
 * Finishes what a run that was killed had begun, and removes what it left where it had not begun. Every command that
 * changes a library calls this first. Returns whether there was something to finish. Throws `Failure` (exit code 2), also
 * for a journal that was not written here.
 */
export async function finishInterrupted(home: LibraryHome, before: BeforeWrite = nothing): Promise<boolean> {
  if (!(await isThere(pendingFolder(home))) && !(await isThere(await lockFile(home)))) return false;
  return await withLock(home, before, () => finish(home, before));
}

/** The folder with the journal of a change that was interrupted or is being made; undefined where there is none. */
export async function interruptedChange(home: LibraryHome): Promise<string | undefined> {
  const folder = pendingFolder(home);
  return (await isThere(join(folder, journalName))) ? folder : undefined;
}

async function withLock<T>(home: LibraryHome, before: BeforeWrite, work: () => Promise<T>): Promise<T> {
  await requireOwnPlace(home, "home", `${pendingPath}/${journalName}`);
  await before("take the lock");
  const release = await takeLock(await lockFile(home));
  try {
    return await work();
  } finally {
    await before("release the lock");
    await release();
  }
}

/** Writes new files and then the journal to the pending folder; a `Failure` leaves nothing of them. */
async function stage(
  home: LibraryHome,
  changes: readonly LibraryChange[],
  before: BeforeWrite,
): Promise<Step[]> {
  const folder = pendingFolder(home);
  const steps = changes.map((change, index) => {
    if (change.do !== "write") return change;
    const { content, ...rest } = change;
    return { ...rest, staged: String(index), sha256: sha256(content) };
  });
  const journal = journalSchema.safeParse({ format: 1, steps });
  if (!journal.success) {
    throw usageFailure(
      `The library cannot be changed: ${firstIssue(journal.error)}.`,
      "Give its folders and files plain names.",
    );
  }
  await requirePossible(home, changes);
  const text = JSON.stringify(journal.data);
  try {
    await before("hide what is staged from git");
    await writeStaged([{ path: join(folder, ".gitignore"), content: "*\n", root: home.home }]);
    for (const [index, change] of changes.entries()) {
      if (change.do !== "write") continue;
      await before(`stage ${change.path}`);
      await writeStaged([{ path: join(folder, String(index)), content: change.content, root: home.home }]);
    }
    // Once the journal is there, what it names has to be there as well.
    for (const step of journal.data.steps) if (step.do === "write") await stagedBytes(step, folder);
    await before("mark the journal");
    await markJournal(home, text);
    await before("write the journal");
    await writeStaged([{ path: join(folder, journalName), content: text, root: home.home }]);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    await removeMarker(home);
    throw error;
  }
  return journal.data.steps;
}

/** `finishInterrupted` for who holds the lock. */
async function finish(home: LibraryHome, before: BeforeWrite): Promise<boolean> {
  const folder = pendingFolder(home);
  const file = join(folder, journalName);
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw usageFailure(`${file} cannot be read: ${reasonOf(error)}.`, "Make it a readable file.", error);
  });
  if (text === undefined) {
    await removeStaged(home, before);
    return false;
  }
  if (!(await isMarked(home, text))) {
    throw usageFailure(
      `${file} was not written in this working copy: a stranger may have put it into the repository.`,
      `Look at who did, and remove ${folder}; this run has done nothing of it.`,
    );
  }
  const { steps } = parsedJson(text, journalSchema, {
    file,
    kind: "the journal of a change of the library",
    remedy: "Remove it, and restore the library from git history if something is missing.",
  });
  if (await isLost(home, steps)) {
    await removeJournal(home, before);
    throw usageFailure(
      "A change of the library was interrupted before its first step, and its staged files are gone: it was dropped.",
      "Run this again; the library is as it was before that change.",
    );
  }
  await carryOn(home, steps, before);
  return true;
}

/** Whether a change cannot be finished and none of its steps was taken. */
async function isLost(home: LibraryHome, steps: readonly Step[]): Promise<boolean> {
  let lacks = false;
  for (const step of steps) {
    if (await looksTaken(home, step)) return false;
    lacks ||= step.do === "write" && !(await isThere(join(pendingFolder(home), step.staged)));
  }
  return lacks;
}

async function carryOn(home: LibraryHome, steps: readonly Step[], before: BeforeWrite): Promise<void> {
  for (const step of steps) {
    await before(step.do === "move" ? `move ${step.from}` : `${step.do} ${step.path}`);
    try {
      await takeStep(home, step, pendingFolder(home));
    } catch (error) {
      // What a single step says of itself, such as that nothing was changed, is not true of them all.
      throw broken(reasonOf(error), error);
    }
  }
  await removeJournal(home, before);
}

async function removeJournal(home: LibraryHome, before: BeforeWrite): Promise<void> {
  await before("remove the journal");
  // Without the journal the rest of the folder is only what was staged.
  await rm(join(pendingFolder(home), journalName), { force: true });
  await removeStaged(home, before);
}

async function removeStaged(home: LibraryHome, before: BeforeWrite): Promise<void> {
  await before("remove the marker");
  await removeMarker(home);
  await before("remove what was staged");
  await rm(pendingFolder(home), { recursive: true, force: true });
}

function broken(problem: string, cause: unknown): Failure {
  return usageFailure(
    `A change of the library cannot be finished: ${/[.!?]$/.test(problem) ? problem : `${problem}.`}`,
    "Some of it may be done. Put that right and run this again, which goes on with it; or remove .overproof/runs/pending and restore the library from git history.",
    cause,
  );
}
