import { appendFileSync, mkdirSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { reasonOf, usageFailure } from "../failure.ts";

const sha = z.string().regex(/^[0-9a-f]{64}$/);

const askerSchema = {
  /** The key of the trial that the call was made for. */
  trial: sha,
  /** The key of the judgement that was asked for; absent for a call to the student. */
  judgement: sha.exactOptional(),
};

const lineSchema = z.discriminatedUnion("event", [
  /** A request is about to leave, or a call is in a batch that was handed in. */
  z.strictObject({ event: z.literal("sent"), n: z.number(), ...askerSchema }),
  /** The last one of this trial and judgement reached no provider. */
  z.strictObject({ event: z.literal("unreached"), n: z.number(), ...askerSchema }),
  /** An answer was paid for, also one that was of no use; US dollars, null without a price. */
  z.strictObject({
    event: z.literal("charged"),
    n: z.number(),
    ...askerSchema,
    usd: z.number().nonnegative().nullable(),
  }),
]);
type Line = z.infer<typeof lineSchema>;

/** For whom a call is made. */
export type Asker = Pick<Line, "trial"> & { judgement?: string };

/** What happened to a call. */
export type CallEvent =
  | ({ event: "sent" | "unreached" } & Asker)
  | ({ event: "charged"; usd: number | null } & Asker);

/**
 * The calls that were made for the results in a folder, one line for each: results tell only of calls that came to
 * something, and a judge that fails, a limit and a killed process leave calls without a result.
 */
export interface CallLedger {
  /** Returns once the line is with the operating system. */
  note(event: CallEvent): void;
}

/** What the calls of one kind for one trial, or for one judgement, took in all runs. */
export interface CallCount {
  /** Keys of trials that asked. */
  trials: ReadonlySet<string>;
  calls: number;
  /** Of the answers that were paid for, in US dollars. */
  costs: readonly (number | null)[];
}

export interface CountedCalls {
  /** To students, by trial. */
  students: ReadonlyMap<string, CallCount>;
  /** To the judge, by judgement. */
  judge: ReadonlyMap<string, CallCount>;
}

export const noCalls: CountedCalls = { students: new Map(), judge: new Map() };

/** Not `.jsonl`, which holds results. */
const ledgerFile = /^calls-[a-z0-9][a-z0-9-]*\.ndjson$/;

/**
 * Opens the ledger of one writer of the store in `folder`. Nothing is made before the first call.
 */
export async function openCallLedger(folder: string, writer: string): Promise<CallLedger> {
  const path = join(folder, `calls-${writer}.ndjson`);
  const text = await readFile(path, "utf8").catch(() => "");
  let n = text.split("\n").length;
  let isFirst = true;
  return {
    note(event) {
      if (isFirst) mkdirSync(dirname(path), { recursive: true });
      // What a killed process left half-written must not swallow this line.
      const start = isFirst && text !== "" && !text.endsWith("\n") ? "\n" : "";
      isFirst = false;
      appendFileSync(path, `${start}${JSON.stringify({ n, ...event })}\n`);
      n += 1;
    },
  };
}

/**
 * Counts the calls in the ledgers of some folders of results. A folder that was copied brings the same lines of a file
 * again, which count once; lines that cannot be read count for nothing. Throws `Failure` (exit code 2) for a folder that
 * cannot be read.
 */
export async function countCalls(folders: readonly string[]): Promise<CountedCalls> {
  const seen = new Set<string>();
  const students = new Map<string, Counting>();
  const judge = new Map<string, Counting>();
  for (const folder of folders) {
    try {
      const names = await readdir(folder).catch(() => []);
      for (const name of names.filter((one) => ledgerFile.test(one)).sort()) {
        for (const text of (await readFile(join(folder, name), "utf8")).split("\n")) {
          const known = `${name}\0${text}`;
          if (text === "" || seen.has(known)) continue;
          seen.add(known);
          const line = parsed(text);
          if (line === undefined) continue;
          const { judgement } = line;
          count(judgement === undefined ? students : judge, judgement ?? line.trial, line);
        }
      }
    } catch (error) {
      throw usageFailure(
        `The calls in ${folder} cannot be read: ${reasonOf(error)}.`,
        "Name a folder that can be read with --results.",
        error,
      );
    }
  }
  return { students, judge };
}

interface Counting {
  trials: Set<string>;
  calls: number;
  costs: (number | null)[];
}

function count(all: Map<string, Counting>, key: string, line: Line): void {
  const one = all.get(key) ?? { trials: new Set<string>(), calls: 0, costs: [] };
  all.set(key, one);
  one.trials.add(line.trial);
  if (line.event === "charged") one.costs.push(line.usd);
  else one.calls += line.event === "sent" ? 1 : -1;
}

function parsed(text: string): Line | undefined {
  try {
    return lineSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
