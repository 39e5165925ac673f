import { mkdir, readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { reasonOf, usageFailure } from "../failure.ts";
import { type AppendedFile, openForAppend } from "../files/appended-lines.ts";
import { requireInside } from "../files/real-path.ts";
import { type Judgement, judgementKey, judgementSchema } from "./judgement.ts";

/** Judgements by key: a store, or a map. */
export interface JudgementLookup {
  get(key: string): Judgement | undefined;
}

/** What a judge said, beside the results. What was added is on disk when `add` returns. */
export interface JudgementStore extends JudgementLookup {
  all(): Iterable<Judgement>;
  add(judgement: Judgement): Promise<void>;
  /** Lines that could not be read, as `file:line`. */
  readonly damaged: readonly string[];
  close(): Promise<void>;
}

/** Files of judgements, which hold no results: that of a whole run, and those of shards. */
export const judgementFile = /^judgements(?:-[a-z0-9-]+)?\.jsonl$/;

/** The name under which the judgements of a writer of results are written. */
export function judgementWriter(writer: string): string {
  return writer === "trials" ? "judgements" : `judgements-${writer}`;
}

/**
 * Opens the judgements in a folder of results: those of all writers are read, and new ones are appended to
 * `<writer>.jsonl`. Nothing is made before the first one is added. A last line that a killed process left half-written
 * is cut off. Throws `Failure` (exit code 2) for a folder that cannot be used.
 */
export async function openJudgements(folder: string, writer = "judgements"): Promise<JudgementStore> {
  const judgements = new Map<string, Judgement>();
  const damaged: string[] = [];
  const path = join(folder, `${writer}.jsonl`);
  try {
    const names = await readdir(folder).catch(noFolder);
    for (const name of names.filter((one) => judgementFile.test(one)).sort()) {
      readLines(await readFile(join(folder, name), "utf8"), name, judgements, damaged);
    }
    await requireInside(path, folder);
  } catch (error) {
    throw usageFailure(
      `The judgements in ${folder} cannot be used: ${reasonOf(error)}.`,
      "Name a folder that can be read and written with --results.",
      error,
    );
  }
  let file: AppendedFile | undefined;
  let queue: Promise<void> = Promise.resolve();

  async function append(judgement: Judgement): Promise<void> {
    if (file === undefined) {
      await mkdir(dirname(path), { recursive: true });
      file = await openForAppend(path);
    }
    await file.appendFile(`${JSON.stringify(judgement)}\n`);
    await file.datasync();
  }

  return {
    damaged,
    get: (key) => judgements.get(key),
    all: () => judgements.values(),
    add(judgement) {
      judgements.set(judgement.key, judgement);
      queue = queue.then(() => append(judgement));
      return queue;
    },
    async close() {
      await queue;
      await file?.close();
      file = undefined;
    },
  };
}

function noFolder(error: NodeJS.ErrnoException): string[] {
  if (error.code === "ENOENT") return [];
  throw error;
}

function readLines(text: string, name: string, judgements: Map<string, Judgement>, damaged: string[]): void {
  for (const [index, line] of text.split("\n").entries()) {
    if (line === "") continue;
    const judgement = parseJudgement(line);
    // One under another name than its own would stand for answers that the judge never saw.
    if (judgement === undefined || judgement.key !== judgementKey(judgement.basis)) {
      damaged.push(`${name}:${index + 1}`);
    } else judgements.set(judgement.key, judgement);
  }
}

function parseJudgement(line: string): Judgement | undefined {
  try {
    return judgementSchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
