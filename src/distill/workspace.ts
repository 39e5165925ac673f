import { appendFile, mkdir, readdir, readFile, rm, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Failure, reasonOf, usageFailure } from "../failure.ts";
import { requireInside } from "../files/real-path.ts";
import { writeStaged } from "../files/staged-write.ts";
import type { Place, Reporter } from "../reporter.ts";

/** The folder of one run. Every file in it is complete, also when the run fails half-way. */
export interface Workspace {
  folder: string;
  write(name: string, content: string): Promise<void>;
  writeJson(name: string, value: unknown): Promise<void>;
  /** A reporter that also writes `session.log`. */
  reporter: Reporter;
  /** Waits until the log is on disk. */
  close(): Promise<void>;
}

export interface WorkspaceOptions {
  /** The folder that the workspace must stay in, wherever links lead: itself where a person named it. */
  root: string;
  reporter: Reporter;
  now: () => Date;
}

/** Files of an earlier run in the same folder would be taken for this run's. */
const ownFiles =
  /^(collected_data|compressed_data|collected_fix_records|session_evidence|request|cases|traces|claims|skill_summaries|clusters|ledger|result)\.json$|^(classify|split_[a-z0-9-]+|merge_[a-z0-9-]+(_batch\d+)?)_(prompt|response)(_\d+)?\.txt$|^action_timeline\.md$|^session\.log$|^llm_(prompt|response)(_\d+)?\.txt$|^llm_calls\.jsonl$/;

/** A proposal of an earlier run over the same traces stays good until there is another: it may still wait. */
const proposalFile = "proposal.json";

/** Folders of single traces, in a run that reads several. */
const ownFolders = /^\d{2,}$/;

/** The folder of a student's recording, in a run that has one. It has no log of its own. */
const studentFolder = "student";
const recordingFiles = /^llm_(prompt|response)(_\d+)?\.txt$|^llm_calls\.jsonl$/;

/** The first line of a log says whose folder this is: only such a folder is ever cleared. */
const firstNote = "The run of overproof begins.";

/** The folder for one of several traces, counted from 1. */
export function traceFolderName(number: number): string {
  return String(number).padStart(2, "0");
}

/**
 * Opens (and makes) the folder of a run and removes what an earlier run left there under our names.
 * Throws `Failure` (exit code 2) when the folder cannot be made, holds something that no run of ours left, or is,
 * by way of a link, outside of its root.
 */
export async function openWorkspace(folder: string, options: WorkspaceOptions): Promise<Workspace> {
  const { root, reporter, now } = options;
  const log = join(folder, "session.log");
  const line = (level: string, message: string): string =>
    `${now().toISOString()} ${level} ${message.replaceAll(/[\r\n]+/g, " ")}\n`;
  try {
    await requireInside(join(folder, "session.log"), root);
    await mkdir(folder, { recursive: true });
    if ((await readdir(folder)).length > 0) await requireOurs(folder);
    await clear(folder);
    await writeFile(log, line("info", firstNote), { flag: "wx" });
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw usageFailure(
      `The workspace ${folder} cannot be used: ${reasonOf(error)}.`,
      "Name a folder that can be written with --workspace.",
      error,
    );
  }
  let pending: Promise<void> = Promise.resolve();
  const note = (level: string, message: string): void => {
    const text = line(level, message);
    // A log that cannot be written is no reason to lose the run; the result says what happened.
    pending = pending.then(() => appendFile(log, text)).catch(() => undefined);
  };
  const write = (name: string, content: string): Promise<void> =>
    writeStaged([{ path: join(folder, name), content, root: folder }]);
  return {
    folder,
    write,
    writeJson: (name, value) => write(name, `${JSON.stringify(value, null, 2)}\n`),
    reporter: {
      info(message) {
        note("info", message);
        reporter.info(message);
      },
      warning(message: string, place?: Place) {
        note("warning", place ? `${place.file}:${place.line ?? 1}: ${message}` : message);
        reporter.warning(message, place);
      },
      progress: (label, done, total) => reporter.progress(label, done, total),
    },
    close() {
      note("info", "The run ends.");
      return pending;
    },
  };
}

async function requireOurs(folder: string): Promise<void> {
  if (await isOurs(folder)) return;
  throw usageFailure(
    `The workspace ${folder} holds files that no run of overproof left there.`,
    "Name a new or an empty folder with --workspace.",
  );
}

async function isOurs(folder: string): Promise<boolean> {
  try {
    const head = (await readFile(join(folder, "session.log"), "utf8")).split("\n", 1)[0] ?? "";
    return head.endsWith(` info ${firstNote}`);
  } catch {
    return false;
  }
}

/** Removes what a run leaves, here, in its folders of single traces and of recordings; what else lies there stays. */
async function clear(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (ownFiles.test(entry.name)) await rm(path);
    else if (entry.isDirectory() && ownFolders.test(entry.name) && (await isOurs(path))) {
      await clear(path);
      await rm(join(path, proposalFile), { force: true });
      if ((await readdir(path)).length === 0) await rmdir(path);
    } else if (entry.isDirectory() && entry.name === studentFolder) {
      const names = await readdir(path);
      const ours = names.filter((name) => recordingFiles.test(name));
      for (const name of ours) await rm(join(path, name));
      if (ours.length > 0 && ours.length === names.length) await rmdir(path);
    }
  }
}
