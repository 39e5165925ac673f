import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { sha256 } from "../digest.ts";
import { reasonOf, usageFailure } from "../failure.ts";
import { type AppendedFile, openForAppend } from "../files/appended-lines.ts";
import { requireInside } from "../files/real-path.ts";
import { writeStaged } from "../files/staged-write.ts";
import { judgementFile } from "./judgement-store.ts";
import { type Trial, trialKey, trialSchema } from "./trial.ts";

/** Results by key. What was added is on disk when `add` returns, and survives a killed process. */
export interface ResultStore {
  get(key: string): Trial | undefined;
  /** The latest result of each key, in the order in which keys came first. */
  all(): Iterable<Trial>;
  add(trial: Trial, reply: string | null): Promise<void>;
  /** The text of a reply; undefined where it was not kept with the results. */
  reply(digest: string): Promise<string | undefined>;
  /** Lines that could not be read, as `file:line`. */
  readonly damaged: readonly string[];
  close(): Promise<void>;
}

const lineFile = /^[a-z0-9][a-z0-9-]*\.jsonl$/;
const repliesFolder = "replies";

/**
 * Opens the results in a folder: every `*.jsonl` in it is read but for judgements, and new ones are appended to `<writer>.jsonl`, so that
 * shards that ran apart can be put into one folder. A last line that a killed process left half-written is cut off.
 * Throws `Failure` (exit code 2) for a folder that cannot be used.
 */
export async function openResultStore(folder: string, writer = "trials"): Promise<ResultStore> {
  const trials = new Map<string, Trial>();
  const damaged: string[] = [];
  const path = join(folder, `${writer}.jsonl`);
  try {
    await mkdir(folder, { recursive: true });
    for (const name of (await readdir(folder)).filter(holdsResults).sort()) {
      readLines(await readFile(join(folder, name), "utf8"), name, trials, damaged);
    }
    await requireInside(path, folder);
  } catch (error) {
    throw usageFailure(
      `The results in ${folder} cannot be used: ${reasonOf(error)}.`,
      "Name a folder that can be read and written with --results.",
      error,
    );
  }
  let file: AppendedFile | undefined;
  let queue: Promise<void> = Promise.resolve();

  async function append(trial: Trial, reply: string | null): Promise<void> {
    if (reply !== null) await writeReply(folder, reply);
    file ??= await openForAppend(path);
    await file.appendFile(`${JSON.stringify(trial)}\n`);
    await file.datasync();
  }

  return {
    damaged,
    get: (key) => trials.get(key),
    all: () => trials.values(),
    add(trial, reply) {
      trials.set(trial.key, trial);
      queue = queue.then(() => append(trial, reply));
      return queue;
    },
    reply: (digest) => readFile(join(folder, repliesFolder, `${digest}.txt`), "utf8").catch(() => undefined),
    async close() {
      await queue;
      await file?.close();
      file = undefined;
    },
  };
}

function holdsResults(name: string): boolean {
  return lineFile.test(name) && !judgementFile.test(name);
}

function readLines(text: string, name: string, trials: Map<string, Trial>, damaged: string[]): void {
  let line = 0;
  for (const one of text.split("\n")) {
    line += 1;
    if (one === "") continue;
    const trial = parseTrial(one);
    // A result under another name than its own would stand for a trial that never ran.
    if (trial === undefined || trial.key !== trialKey(trial.identity)) damaged.push(`${name}:${line}`);
    else trials.set(trial.key, trial);
  }
}

function parseTrial(line: string): Trial | undefined {
  try {
    return trialSchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

/** Replies are named by their text: the same reply is written once. */
async function writeReply(folder: string, reply: string): Promise<void> {
  const path = join(folder, repliesFolder, `${sha256(reply)}.txt`);
  await writeStaged([{ path, content: reply, root: folder }]);
}
