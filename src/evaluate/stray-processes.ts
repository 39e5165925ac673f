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

/** In milliseconds: between two looks at who descends from whom. */
const lookEvery = 100;

export interface Descent {
  /** Ends all that descend from the process, as far as they were seen. */
  kill(): Promise<void>;
  stop(): void;
}

/**
 * Watches who descends from a process. One that leaves its session, its parent and its folder behind can be found only
 * while its parent lives, so this is no isolation: what does so between two looks is missed. Needs `/proc`.
 */
export function watchDescent(root: number): Descent {
  /** By id: when the process began, in ticks; an id is given to another process some day. */
  const seen = new Map<number, string>();
  let looking: Promise<Process[]> | undefined;
  const look = (): Promise<Process[]> =>
    (looking ??= descendants(root, seen).finally(() => (looking = undefined)));
  const timer = setInterval(() => void look(), lookEvery);
  timer.unref();
  void look();
  return {
    async kill() {
      clearInterval(timer);
      await looking;
      for (let round = 0; round < mostRounds; round += 1) {
        const left = await look();
        if (left.length === 0) return;
        for (const { pid } of left) killed(pid);
      }
    },
    stop: () => clearInterval(timer),
  };
}

interface Process {
  pid: number;
  parent: number;
  group: number;
  session: number;
  began: string;
}

/** Those that descend from a process or from one of those that were `seen` to, which are added there. */
async function descendants(root: number, seen: Map<number, string>): Promise<Process[]> {
  const names = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name));
  const all = (await Promise.all(names.map(processOf))).filter((one) => one !== undefined);
  // One that has ended already is known by the sessions and groups that have its id.
  if (!seen.has(root)) seen.set(root, all.find(({ pid }) => pid === root)?.began ?? "");
  const living = new Map(all.map((one) => [one.pid, one]));
  const isSeen = (pid: number): boolean => {
    const began = seen.get(pid);
    return began !== undefined && (living.get(pid)?.began ?? began) === began;
  };
  // Ids are mostly in the order of their beginning, so that parents come before their children.
  for (let more = true; more;) {
    more = false;
    for (const { pid, parent, group, session, began } of all) {
      if (pid === process.pid || seen.get(pid) === began) continue;
      if (!isSeen(parent) && !isSeen(session) && !isSeen(group)) continue;
      seen.set(pid, began);
      more = true;
    }
  }
  return all.filter(({ pid, began }) => pid !== root && seen.get(pid) === began);
}

/** From `/proc/PID/stat`, whose fields are counted from behind the name: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html. Undefined for one that has ended. */
async function processOf(name: string): Promise<Process | undefined> {
  const text = await readFile(`/proc/${name}/stat`, "utf8").catch(() => "");
  const [state = "Z", parent, group, session, ...rest] = text.slice(text.lastIndexOf(")") + 2).split(" ");
  if (text === "" || state === "Z") return undefined;
  const ids = { parent: Number(parent), group: Number(group), session: Number(session) };
  return { pid: Number(name), ...ids, began: rest[15] ?? "" };
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
