import { appendFile, mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { reasonOf, usageFailure } from "../failure.ts";
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

/** Files of an earlier run in the same folder would be taken for this run's. */
const ownFiles =
  /^(collected_data|compressed_data|claims|result|proposal)\.json$|^session\.log$|^llm_(prompt|response)(_\d+)?\.txt$|^llm_calls\.jsonl$/;

/**
 * Opens (and makes) the folder of a run and removes what an earlier run left there under our names.
 * Throws `Failure` (exit code 2) when the folder cannot be made.
 */
export async function openWorkspace(folder: string, reporter: Reporter, now: () => Date): Promise<Workspace> {
  try {
    await mkdir(folder, { recursive: true });
    for (const name of await readdir(folder)) if (ownFiles.test(name)) await rm(join(folder, name));
  } catch (error) {
    throw usageFailure(
      `The workspace ${folder} cannot be used: ${reasonOf(error)}.`,
      "Name a folder that can be written with --workspace.",
      error,
    );
  }
  const log = join(folder, "session.log");
  let pending: Promise<void> = Promise.resolve();
  const note = (level: string, message: string): void => {
    const line = `${now().toISOString()} ${level} ${message.replaceAll(/[\r\n]+/g, " ")}\n`;
    // A log that cannot be written is no reason to lose the run; the result says what happened.
    pending = pending.then(() => appendFile(log, line)).catch(() => undefined);
  };
  note("info", "The run begins.");
  const write = (name: string, content: string): Promise<void> =>
    writeStaged([{ path: join(folder, name), content }]);
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
