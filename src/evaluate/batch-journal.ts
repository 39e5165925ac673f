import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { usageFailure } from "../failure.ts";
import { type AppendedFile, openForAppend } from "../files/appended-lines.ts";
import { requireInside } from "../files/real-path.ts";

const number = z.number().int().positive();

const lineSchema = z.discriminatedUnion("event", [
  z.strictObject({
    event: z.literal("prepared"),
    number,
    /** The student's spec. */
    student: z.string(),
    /** As `PreparedBatch` has them. */
    ticket: z.string(),
    at: z.number(),
    /** Keys of the trials whose calls are in it. */
    keys: z.array(z.string().regex(/^[0-9a-f]{64}$/)).min(1),
  }),
  z.strictObject({ event: z.literal("submitted"), number, batch: z.string().min(1) }),
  /** Its answers have arrived, or it was never made. */
  z.strictObject({ event: z.literal("ended"), number }),
]);
type Line = z.infer<typeof lineSchema>;

export interface JournaledBatch {
  /** From 1, in the order of this journal. */
  number: number;
  student: string;
  ticket: string;
  at: number;
  keys: readonly string[];
  /** The provider's name for it; undefined where it is not known whether there is one. */
  batch: string | undefined;
}

/**
 * The batches that were handed in and whose answers have not all arrived: a process that is killed while it waits goes
 * on waiting for the same ones. What was noted is on disk when the call returns.
 */
export interface BatchJournal {
  readonly path: string;
  open(student: string): JournaledBatch[];
  /** The names of all batches in it. */
  readonly names: ReadonlySet<string>;
  prepared(batch: Omit<JournaledBatch, "number" | "batch">): Promise<JournaledBatch>;
  submitted(one: JournaledBatch, batch: string): Promise<JournaledBatch>;
  ended(one: JournaledBatch): Promise<void>;
  /** Removes the file, unless a batch is still open. */
  close(): Promise<void>;
}

/**
 * Opens the journal of one writer of the store in `folder`. A half-written last line is passed over. Throws `Failure`
 * (exit code 2) for a damaged one: it could hide a batch that is paid for.
 */
export async function openBatchJournal(folder: string, writer: string): Promise<BatchJournal> {
  // Not hidden: what a job leaves is uploaded without hidden files.
  const path = join(folder, `batches-${writer}.ndjson`);
  await requireInside(path, folder);
  const text = await readFile(path, "utf8").catch(() => "");
  const open = new Map<number, JournaledBatch>();
  const names = new Set<string>();
  let last = 0;
  const apply = (line: Line): void => {
    const known = open.get(line.number);
    last = Math.max(last, line.number);
    if (line.event === "prepared") {
      const { event: _event, ...batch } = line;
      open.set(line.number, { ...batch, batch: undefined });
    } else if (line.event === "ended") open.delete(line.number);
    else {
      names.add(line.batch);
      if (known) open.set(line.number, { ...known, batch: line.batch });
    }
  };
  for (const [index, line] of text.split("\n").slice(0, -1).entries())
    apply(parseLine(line, index + 1, path));
  let file: AppendedFile | undefined;
  const note = async (line: Line): Promise<void> => {
    file ??= await openForAppend(path);
    await file.appendFile(`${JSON.stringify(line)}\n`);
    await file.datasync();
    apply(line);
  };
  return {
    path,
    names,
    open: (student) => [...open.values()].filter((one) => one.student === student),
    async prepared(batch) {
      // Taken before the line is on disk: another student's may follow at once.
      last += 1;
      const line = { number: last, ...batch };
      await note({ event: "prepared", ...line, keys: [...batch.keys] });
      return { ...line, batch: undefined };
    },
    async submitted(one, batch) {
      await note({ event: "submitted", number: one.number, batch });
      return { ...one, batch };
    },
    ended: (one) => note({ event: "ended", number: one.number }),
    async close() {
      await file?.close();
      file = undefined;
      if (open.size === 0) await rm(path, { force: true });
    },
  };
}

function parseLine(text: string, line: number, path: string): Line {
  try {
    return lineSchema.parse(JSON.parse(text));
  } catch (error) {
    throw usageFailure(
      `Line ${line} of ${path} says nothing about a batch.`,
      "Restore the file, or remove it: the calls of batches that it names are then made and paid for again.",
      error,
    );
  }
}
