import { lstat, mkdir, readFile, rename, rm, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import type { LibraryHome } from "../config/library-home.ts";
import { sha256 } from "../digest.ts";
import { reasonOf, usageFailure } from "../failure.ts";
import { liesInside } from "../files/real-path.ts";
import { writeStaged } from "../files/staged-write.ts";
import { pathProblem } from "../git/path.ts";
import { baseOf, isThere, type LibraryPlace, libraryPlaces, requireOwnPlace } from "./possible-change.ts";

const path = z
  .string()
  .max(2000)
  .refine((name) => pathProblem(name) === undefined, "is no plain path");

/** What a change of a library may touch outside of it: a journal may come from a stranger, with a checkout. */
const homeFile = /^\.overproof\/(?:archive\.json|evidence\/[a-z0-9-]{1,64}\.json)$/;

/** Whether a step stays with skills and what is recorded of them; hidden folders of a library are somebody else's. */
function isOwnStep(step: { in: LibraryPlace } & ({ path: string } | { from: string; to: string })): boolean {
  const paths = "path" in step ? [step.path] : [step.from, step.to];
  return paths.every((one) =>
    step.in === "home" ? homeFile.test(one) : !one.startsWith(".") || one.startsWith(".archive/"),
  );
}

export const stepSchema = z
  .discriminatedUnion("do", [
    z.strictObject({
      do: z.literal("write"),
      in: z.enum(libraryPlaces),
      path,
      /** The name of the staged file with the bytes, and their digest. */
      staged: z.string().regex(/^\d{1,6}$/),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
    }),
    z.strictObject({ do: z.literal("move"), in: z.enum(libraryPlaces), from: path, to: path }),
    z.strictObject({ do: z.literal("remove"), in: z.enum(libraryPlaces), path }),
  ])
  .refine(isOwnStep, "is no place of a library");
export type Step = z.infer<typeof stepSchema>;

/**
 * Takes a step that may have been taken already; `staged` is the folder of what is to be written. Throws for a step that
 * cannot be taken, with the reason.
 */
export async function takeStep(home: LibraryHome, step: Step, staged: string): Promise<void> {
  // Not once for all of them: a step before this one may have moved a link to where it leads elsewhere.
  await requireOwn(home, step);
  const base = baseOf(home, step.in);
  if (step.do === "write") {
    const target = join(base, step.path);
    if ((await digestOf(target)) === step.sha256) return;
    await writeStaged([{ path: target, content: await stagedBytes(step, staged), root: base }]);
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
    throw new Error(`${from} is gone, and ${to} is not there.`);
  }
  if (await isThere(to)) throw new Error(`${to} is there already.`);
  await mkdir(dirname(to), { recursive: true });
  await rename(from, to);
  await removeEmpty(dirname(from), base);
}

/** The bytes to write. Throws `Failure` (exit code 2) where they are gone or others. */
export async function stagedBytes(step: Extract<Step, { do: "write" }>, folder: string): Promise<Buffer> {
  const content = await readFile(join(folder, step.staged)).catch((error: unknown) => {
    throw usageFailure(
      `The staged text of ${step.path} cannot be read: ${reasonOf(error)}.`,
      "Run this again.",
      error,
    );
  });
  if (sha256(content) === step.sha256) return content;
  throw usageFailure(`The staged text of ${step.path} was changed.`, "Run this again.");
}

/** Whether a step is taken already, or cannot be; throws `Failure` (exit code 2) where a link is on its way. */
export async function looksTaken(home: LibraryHome, step: Step): Promise<boolean> {
  await requireOwn(home, step);
  const base = baseOf(home, step.in);
  if (step.do === "write") return (await digestOf(join(base, step.path))) === step.sha256;
  return !(await isThere(join(base, step.do === "move" ? step.from : step.path)));
}

async function requireOwn(home: LibraryHome, step: Step): Promise<void> {
  for (const path of step.do === "move" ? [step.from, step.to] : [step.path])
    await requireOwnPlace(home, step.in, path);
}

/** Undefined for what is no regular file. */
async function digestOf(file: string): Promise<string | undefined> {
  const found = await lstat(file).catch(() => undefined);
  return found?.isFile() === true ? sha256(await readFile(file)) : undefined;
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
