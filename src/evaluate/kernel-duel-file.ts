import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { writeStaged } from "../files/staged-write.ts";

const sha = z.string().regex(/^[0-9a-f]{64}$/);

/** The best kernels of two arms for one case and student, timed against each other in one job. */
const outcomeSchema = z.strictObject({
  skill: z.string(),
  student: z.string(),
  /** Digests of the case and of the two sources. */
  case: sha,
  subject: sha,
  reference: sha,
  /** Time of the reference's kernel / time of the subject's, with its 95 % interval. 1 for one and the same source. */
  ratio: z.strictObject({
    median: z.number().positive(),
    low: z.number().positive(),
    high: z.number().positive(),
  }),
});
export type DuelOutcome = z.infer<typeof outcomeSchema>;

const fileSchema = z.strictObject({ format: z.literal(1), duels: z.array(outcomeSchema).max(100_000) });

const duelFile = "kernel-duels.json";

export async function writeDuels(folder: string, duels: readonly DuelOutcome[]): Promise<void> {
  const content = `${JSON.stringify(fileSchema.parse({ format: 1, duels }), null, 2)}\n`;
  await writeStaged([{ path: join(folder, duelFile), content, root: folder }]);
}

/** The duels beside the results of an evaluation; none where there is no such file, or a damaged one. */
export async function readDuels(folder: string): Promise<DuelOutcome[]> {
  const text = await readFile(join(folder, duelFile), "utf8").catch(() => "");
  try {
    return fileSchema.safeParse(JSON.parse(text)).data?.duels ?? [];
  } catch {
    return [];
  }
}
