import { lstat, mkdir, readFile, rename, rm, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import type { LibraryHome } from "../config/library-home.ts";
import { sha256 } from "../digest.ts";
import { Failure, reasonOf, usageFailure } from "../failure.ts";
import { firstIssue, parsedJson } from "../files/parsed-json.ts";
import { liesInside, realPath, requireInside } from "../files/real-path.ts";
import { writeStaged } from "../files/staged-write.ts";
import { pathProblem } from "../git/path.ts";

/** Below the library, or below the folder that holds it and `.overproof/`. */
const places = ["library", "home"] as const;

const path = z
  .string()
  .max(2000)
  .refine((name) => pathProblem(name) === undefined, "is no plain path");

/** What a change of a library may touch outside of it: a journal may come from a stranger, with a checkout. */
const homeFile = /^\.overproof\/(?:archive\.json|evidence\/[a-z0-9-]{1,64}\.json)$/;

/** Whether a step stays with skills and what is recorded of them; hidden folders of a library are somebody else's. */
function isOwnStep(
  step: { in: (typeof places)[number] } & ({ path: string } | { from: string; to: string }),
): boolean {
  const paths = "path" in step ? [step.path] : [step.from, step.to];
  return paths.every((one) =>
    step.in === "home" ? homeFile.test(one) : !one.startsWith(".") || one.startsWith(".archive/"),
  );
}

const stepSchema = z
  .discriminatedUnion("do", [
    z.strictObject({
      do: z.literal("write"),
      in: z.enum(places),
      path,
      /** The name of the staged file with the bytes, and their digest. */
      staged: z.string().regex(/^\d{1,6}$/),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
    }),
    z.strictObject({ do: z.literal("move"), in: z.enum(places), from: path, to: path }),
    z.strictObject({ do: z.literal("remove"), in: z.enum(places), path }),
  ])
  .refine(isOwnStep, "is no place of a library");
type Step = z.infer<typeof stepSchema>;

const journalSchema = z.strictObject({ format: z.literal(1), steps: z.array(stepSchema).max(500_000) });

/** One change of a library: all of them are made, or none. Paths are relative, with slashes. */
export type LibraryChange =
  | { do: "write"; in: (typeof places)[number]; path: string; content: string | Uint8Array }
  | Exclude<Step, { do: "write" }>;

/** Called before each write to the disk, with what it is; a test ends the process here. */
export type BeforeWrite = (what: string) => Promise<void> | void;

const nothing: BeforeWrite = () => undefined;

const journalName = "journal.json";

function pendingFolder({ home }: LibraryHome): string {
  return join(home, ".overproof", "runs", "pending");
}

/**
 * Makes changes to a library so that a process that is killed at any point leaves it as it was, or as it is to be once
 * `finishInterrupted` has run: new files are staged first, then a journal says what is to be done, then it is done.
 * Throws `Failure` (exit code 2) where a file cannot be written or a link leads out of the library.
 */
export async function changeLibrary(
  home: LibraryHome,
  changes: readonly LibraryChange[],
  before: BeforeWrite = nothing,
): Promise<void> {
  await finishInterrupted(home, before);
  const folder = pendingFolder(home);
  for (const change of changes) await requireOwn(home, change);
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
  await before("hide what is staged from git");
  await writeStaged([{ path: join(folder, ".gitignore"), content: "*\n", root: home.home }]);
  for (const [index, change] of changes.entries()) {
    if (change.do !== "write") continue;
    await before(`stage ${change.path}`);
    await writeStaged([{ path: join(folder, String(index)), content: change.content, root: home.home }]);
  }
  const text = JSON.stringify(journal.data);
  await before("write the journal");
  await writeStaged([{ path: join(folder, journalName), content: text, root: home.home }]);
  await carryOn(home, journal.data.steps, before);
}

/**
 * Finishes what a run that was killed had begun, and removes what it left where it had not begun. Every command that
 * opens a library calls this first. Returns whether there was something to finish. Throws `Failure` (exit code 2).
 */
export async function finishInterrupted(home: LibraryHome, before: BeforeWrite = nothing): Promise<boolean> {
  const folder = pendingFolder(home);
  const file = join(folder, journalName);
  if (!(await isThere(folder))) return false;
  if (!liesInside(await realPath(folder), await realPath(home.home))) {
    throw usageFailure(`${folder} leads out of ${home.home}.`, "Remove that link.");
  }
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw usageFailure(`${file} cannot be read: ${reasonOf(error)}.`, "Make it a readable file.", error);
  });
  if (text === undefined) {
    await before("remove what was staged");
    await rm(folder, { recursive: true, force: true });
    return false;
  }
  const { steps } = parsedJson(text, journalSchema, {
    file,
    kind: "the journal of a change of the library",
    remedy: "Remove it, and restore the library from git history if something is missing.",
  });
  for (const step of steps) await requireOwn(home, step);
  await carryOn(home, steps, before);
  return true;
}

async function carryOn(home: LibraryHome, steps: readonly Step[], before: BeforeWrite): Promise<void> {
  for (const step of steps) {
    await before(step.do === "move" ? `move ${step.from}` : `${step.do} ${step.path}`);
    await takeStep(home, step);
  }
  await before("remove the journal");
  // Without the journal the rest of the folder is only what was staged.
  await rm(join(pendingFolder(home), journalName), { force: true });
  await before("remove what was staged");
  await rm(pendingFolder(home), { recursive: true, force: true });
  await removeEmpty(dirname(pendingFolder(home)), home.home);
}

/** Takes a step that may have been taken already. */
async function takeStep(home: LibraryHome, step: Step): Promise<void> {
  const base = baseOf(home, step.in);
  if (step.do === "write") {
    const target = join(base, step.path);
    if ((await digestOf(target)) === step.sha256) return;
    const content = await readFile(join(pendingFolder(home), step.staged)).catch((error: unknown) => {
      throw broken(`The staged text of ${step.path} cannot be read: ${reasonOf(error)}.`, error);
    });
    if (sha256(content) !== step.sha256) throw broken(`The staged text of ${step.path} was changed.`);
    await writeStaged([{ path: target, content, root: base }]);
    return;
  }
  if (step.do === "remove") {
    await rm(join(base, step.path), { force: true });
    await removeEmpty(dirname(join(base, step.path)), base);
    return;
  }
  const from = join(base, step.from);
  const to = join(base, step.to);
  if (!(await isThere(from))) {
    if (await isThere(to)) return;
    throw broken(`${from} is gone, and ${to} is not there.`);
  }
  if (await isThere(to)) throw broken(`${to} is there already.`);
  await mkdir(dirname(to), { recursive: true });
  await rename(from, to);
  await removeEmpty(dirname(from), base);
}

/** Refuses a step that a link would send outside of its folder. */
async function requireOwn(home: LibraryHome, step: LibraryChange | Step): Promise<void> {
  const base = baseOf(home, step.in);
  for (const path of step.do === "move" ? [step.from, step.to] : [step.path])
    await requireInside(join(base, path), base);
}

function baseOf(home: LibraryHome, place: (typeof places)[number]): string {
  return place === "library" ? home.library : home.home;
}

async function digestOf(file: string): Promise<string | undefined> {
  return await readFile(file).then(sha256, () => undefined);
}

async function isThere(file: string): Promise<boolean> {
  return await lstat(file).then(
    () => true,
    () => false,
  );
}

/** Removes folders that became empty, up to the one that holds them all. */
async function removeEmpty(folder: string, base: string): Promise<void> {
  for (let current = folder; current !== base && liesInside(current, base); current = dirname(current)) {
    try {
      await rmdir(current);
    } catch {
      return;
    }
  }
}

function broken(problem: string, cause?: unknown): Failure {
  return usageFailure(
    `A change of the library was interrupted and cannot be finished: ${problem}`,
    "Remove .overproof/runs/pending, and restore the library from git history if something is missing.",
    cause,
  );
}
