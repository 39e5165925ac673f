import { randomUUID } from "node:crypto";
import { link, lstat, mkdir, readFile, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { setTimeout } from "node:timers/promises";
import { z } from "zod";
import { reasonOf, usageFailure } from "../failure.ts";

const holderSchema = z.strictObject({
  pid: z.int().positive(),
  host: z.string().max(300),
  /** Tells two locks of one process apart. */
  token: z.uuid(),
});
type Holder = z.infer<typeof holderSchema>;

/** Locks of this process: after a restart of a container another process may have had the same number. */
const held = new Set<string>();

/** How often a lock that changes hands is tried again. */
const attempts = 5;

/** How long a process may take from making its lock to writing its name in it, in milliseconds. */
const patience = 250;

/**
 * Makes a lock file with the number of this process in it; a lock of a process that has ended on this machine is taken
 * over. Returns what releases it. Throws `Failure` (exit code 2) while another process holds it.
 */
export async function takeLock(file: string): Promise<() => Promise<void>> {
  const holder: Holder = { pid: process.pid, host: hostname(), token: randomUUID() };
  const text = `${JSON.stringify(holder)}\n`;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    if (await made(file, text)) {
      held.add(file);
      return () => release(file, text);
    }
    const found = await textOf(file);
    // Released in the meantime.
    if (found === undefined) continue;
    const other = holderOf(found);
    if (other !== undefined && isAlive(other, file)) throw taken(file, other);
    if (other === undefined) await setTimeout(patience);
    await takeAway(file, found);
  }
  throw taken(file, undefined);
}

async function made(file: string, text: string): Promise<boolean> {
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text, { flag: "wx" });
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A run that ends removes the folder where it is empty.
    if (code === "EEXIST" || code === "ENOENT") return false;
    throw usageFailure(
      `The lock ${file} cannot be made: ${reasonOf(error)}.`,
      "Make room or give write permission.",
      error,
    );
  }
}

/** Empty for what is no file; undefined where there is nothing. */
async function textOf(file: string): Promise<string | undefined> {
  try {
    return (await lstat(file)).isFile() ? await readFile(file, "utf8") : "";
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw usageFailure(`The lock ${file} cannot be read: ${reasonOf(error)}.`, "Remove it.", error);
  }
}

function holderOf(text: string): Holder | undefined {
  try {
    return holderSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** A process of another machine counts as alive: nobody here can tell. */
function isAlive({ pid, host }: Holder, file: string): boolean {
  if (host !== hostname()) return true;
  if (pid === process.pid) return held.has(file);
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Any other error says that the process is there, and is somebody else's.
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

/**
 * Removes a lock that nobody holds. Another process may have replaced it since it was read: a rename takes one file in
 * one step, and one that turns out to be another's is put back.
 */
async function takeAway(file: string, expected: string): Promise<void> {
  const aside = `${file}.${randomUUID()}`;
  try {
    await rename(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw usageFailure(`The lock ${file} cannot be removed: ${reasonOf(error)}.`, "Remove it.", error);
  }
  if ((await textOf(aside)) !== expected) await link(aside, file).catch(() => undefined);
  await rm(aside, { recursive: true, force: true });
}

async function release(file: string, text: string): Promise<void> {
  held.delete(file);
  if ((await textOf(file)) === text) await rm(file, { force: true });
  // What else lies there stays.
  await rmdir(dirname(file)).catch(() => undefined);
  await rmdir(dirname(dirname(file))).catch(() => undefined);
}

function taken(file: string, holder: Holder | undefined): Error {
  const who = holder === undefined ? "Another process" : `Process ${holder.pid} on ${holder.host}`;
  return usageFailure(
    `${who} is changing this library.`,
    `Wait until it has ended, and run this again; if no such process is there, remove ${file}.`,
  );
}
