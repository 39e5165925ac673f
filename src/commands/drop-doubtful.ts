import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { openJudgements } from "../evaluate/judgement-store.ts";
import { recheck } from "../evaluate/recheck.ts";
import { openResultStore } from "../evaluate/result-store.ts";
import { writeStaged } from "../files/staged-write.ts";
import type { Evaluation } from "./evaluation.ts";

/**
 * Drops results that were taken over and do not fit their replies, so that they are measured again: the gate would
 * refuse them in this run and in every later one. Throws `Failure` (exit code 2) for a folder that cannot be used.
 */
export async function dropDoubtful({ folder, trials, plan, caseOf, context }: Evaluation): Promise<void> {
  const store = await openResultStore(folder);
  const judgements = await openJudgements(folder);
  const { doubtful } = await recheck(trials, store, {
    caseOf,
    replyOf: (digest) => store.reply(digest),
    judge: plan.judge,
    judgements,
  });
  await judgements.close();
  await store.close();
  if (doubtful.size === 0) return;
  const names = (await readdir(folder)).filter((name) => name.endsWith(".jsonl"));
  const files = [];
  for (const name of names) {
    const lines = (await readFile(join(folder, name), "utf8")).split("\n");
    const kept = lines.filter((line) => !doubtful.has(keyOf(line) ?? ""));
    files.push({ path: join(folder, name), content: kept.join("\n"), root: folder });
  }
  await writeStaged(files);
  context.reporter.warning(
    `${doubtful.size} of the results that were taken over do not fit their replies, and are measured again.`,
  );
}

const keyed = z.looseObject({ key: z.string() });

function keyOf(line: string): string | undefined {
  try {
    return keyed.safeParse(JSON.parse(line)).data?.key;
  } catch {
    return undefined;
  }
}
