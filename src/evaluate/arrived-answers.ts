import { appendFileSync, mkdirSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { requireInside } from "../files/real-path.ts";
import { checksSchema, isolations, tokensSchema } from "./trial.ts";

/** An answer of a student, as much of it as its trial needs. */
export const arrivedSchema = z.strictObject({
  key: z.string().regex(/^[0-9a-f]{64}$/),
  text: z.string(),
  stop: z.enum(["complete", "length", "refusal"]),
  model: z.string(),
  tokens: tokensSchema,
  cost_usd: z.number().nonnegative().nullable(),
  latency_ms: z.number().nonnegative(),
  calls: z.number().int().nonnegative(),
  /** From 0: an answer on the way, by which the student asked for a file of the skill. Absent for the last one. */
  round: z.number().int().nonnegative().exactOptional(),
  /** What code found out while the folder of an agent was there; absent for a plain chat. */
  checks: checksSchema.exactOptional(),
  /** How the agent was isolated; absent for a plain chat. */
  isolation: z.enum(isolations).exactOptional(),
});
export type Arrived = z.infer<typeof arrivedSchema>;

/**
 * Answers that were paid for and whose trials are not in the store yet. Between the two lie checks, a judge and a disk:
 * a process that is killed there finds the answer again instead of paying for it again.
 */
export interface ArrivedAnswers {
  /** The answer of a trial; with a round, the one on the way. */
  get(key: string, round?: number): Arrived | undefined;
  /** Returns once the answer is with the operating system, in the same turn of the event loop. */
  put(answer: Arrived): void;
  /** Its trial is in the store. */
  settle(key: string): void;
  /** Removes the file, unless an answer is still without its trial. */
  close(): Promise<void>;
}

/**
 * Opens the answers of one writer of the store in `folder`; `isStored` tells which of them have their trial. A
 * half-written last line is passed over.
 */
export async function openArrivedAnswers(
  folder: string,
  writer: string,
  isStored: (key: string) => boolean,
): Promise<ArrivedAnswers> {
  const path = join(folder, `.arrived-${writer}`);
  await requireInside(path, folder);
  const text = await readFile(path, "utf8").catch(() => "");
  const open = new Map<string, Arrived>();
  for (const line of text.split("\n")) {
    const arrived = parseLine(line);
    if (arrived && !isStored(arrived.key)) open.set(nameOf(arrived.key, arrived.round), arrived);
  }
  let isNew = text === "";
  return {
    get: (key, round) => open.get(nameOf(key, round)),
    put(answer) {
      if (isNew) mkdirSync(dirname(path), { recursive: true });
      // What a killed process left half-written must not swallow this line.
      appendFileSync(path, `${isNew ? "" : "\n"}${JSON.stringify(answer)}\n`);
      isNew = false;
      open.set(nameOf(answer.key, answer.round), answer);
    },
    settle(key) {
      open.delete(nameOf(key));
      for (let round = 0; open.delete(nameOf(key, round)); round += 1);
    },
    async close() {
      if (open.size === 0) await rm(path, { force: true });
    },
  };
}

function nameOf(key: string, round?: number): string {
  return round === undefined ? key : `${key} ${round}`;
}

function parseLine(line: string): Arrived | undefined {
  if (line === "") return undefined;
  try {
    return arrivedSchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
