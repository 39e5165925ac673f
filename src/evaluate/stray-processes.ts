import { readdir, readFile, readlink } from "node:fs/promises";
import process from "node:process";

/** A program that forks as fast as it is killed is given up after so many rounds; its time limit is over by then. */
const mostRounds = 20;

/**
 * Kills the processes that work in a folder or have its path in their environment: those that left the process group
 * of the program they came from. Needs `/proc`; elsewhere the group is all that can be found.
 */
export async function killStrays(folder: string): Promise<void> {
  for (let round = 0; round < mostRounds; round += 1) {
    const strays = await straysOf(folder);
    if (strays.length === 0) return;
    for (const pid of strays) killed(pid);
  }
}

/** Ends a process, or with a negative number a group of them, at once. One that is gone is fine. */
export function killed(pid: number, signal: NodeJS.Signals = "SIGKILL"): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended, or a member of its group belongs to somebody else.
  }
}

async function straysOf(folder: string): Promise<number[]> {
  const names = await readdir("/proc").catch(() => []);
  const found = await Promise.all(
    names
      .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
      .map(async (name) => ((await belongsTo(name, folder)) ? [Number(name)] : [])),
  );
  return found.flat();
}

async function belongsTo(pid: string, folder: string): Promise<boolean> {
  const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => "");
  if (cwd === folder || cwd.startsWith(`${folder}/`)) return true;
  return (await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "")).includes(`${folder}/`);
}
