import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { type CountedCalls, countCalls } from "../evaluate/call-ledger.ts";
import { joinedPlan } from "../evaluate/joined-plan.ts";
import type { Judgement } from "../evaluate/judgement.ts";
import { type JudgementLookup, openJudgements } from "../evaluate/judgement-store.ts";
import { type DuelOutcome, readDuels } from "../evaluate/kernel-duel-file.ts";
import { type KeptNoise, readNoise } from "../evaluate/kept-noise.ts";
import type { TrialLookup } from "../evaluate/measured-case.ts";
import type { Plan } from "../evaluate/plan.ts";
import { openResultStore } from "../evaluate/result-store.ts";
import { planFile, readPlan } from "../evaluate/stored-plan.ts";
import type { Trial } from "../evaluate/trial.ts";
import { usageFailure } from "../failure.ts";
import type { Context } from "./context.ts";
import { reportedPath } from "./reported-path.ts";

/** Results of one evaluation, from one folder or from those of its shards. */
export interface CollectedResults {
  plan: Plan;
  trials: TrialLookup;
  judgements: JudgementLookup;
  /** Made for them in all runs. */
  calls: CountedCalls;
  /** The floors of A/A runs, also from folders that hold nothing else. */
  noise: KeptNoise[];
  /** Of the best kernels of two arms. */
  duels: DuelOutcome[];
  /** The text of a reply; undefined where it was not kept. */
  reply: (digest: string) => Promise<string | undefined>;
}

/**
 * Reads plan and results below a folder: its own, and those of the folders in it, which is how several artifacts are
 * downloaded. Undefined where there are none. Throws `Failure` (exit code 2) for plans that differ and for damaged ones.
 */
export async function collectResults(
  folder: string,
  { cwd, reporter }: Pick<Context, "cwd" | "reporter">,
): Promise<CollectedResults | undefined> {
  const folders = await resultFolders(folder);
  let plan: Plan | undefined;
  const trials = new Map<string, Trial>();
  const judgements = new Map<string, Judgement>();
  const noise = new Map<string, KeptNoise>();
  const duels: DuelOutcome[] = [];
  const stores: Awaited<ReturnType<typeof openResultStore>>[] = [];
  for (const one of folders) {
    const shown = reportedPath(one, cwd);
    const kept = await readNoise(one);
    for (const place of kept.damaged)
      reporter.warning(`${shown}/${place} is no noise floor and passed over.`);
    // The larger of two that differ: a floor only ever takes a "no worse" away.
    for (const floor of kept.floors) {
      if (floor.spread >= (noise.get(floor.key)?.spread ?? 0)) noise.set(floor.key, floor);
    }
    if (!(await hasPlan(one))) continue;
    const found = await readPlan(one, shown);
    plan = plan === undefined ? found : joinedPlan(plan, found);
    if (plan === undefined) {
      throw usageFailure(
        `The results in ${shown} are of another plan than those beside them.`,
        "Put the shards of one evaluation into a folder, and nothing else.",
      );
    }
    duels.push(...(await readDuels(one)));
    const store = await openResultStore(one);
    stores.push(store);
    for (const place of store.damaged) reporter.warning(`${shown}/${place} is no result and passed over.`);
    // A trial that was excluded in one shard may have been finished in another.
    for (const trial of store.all()) {
      const known = trials.get(trial.key);
      if (known === undefined || known.outcome === "excluded") trials.set(trial.key, trial);
    }
    await store.close();
    const judged = await openJudgements(one);
    for (const place of judged.damaged) {
      reporter.warning(`${shown}/${place} is no judgement and passed over.`);
    }
    for (const judgement of judged.all()) judgements.set(judgement.key, judgement);
    await judged.close();
  }
  if (plan === undefined) return undefined;
  return {
    plan,
    trials,
    judgements,
    calls: await countCalls(folders),
    noise: [...noise.values()],
    duels,
    async reply(digest) {
      for (const store of stores) {
        const text = await store.reply(digest);
        if (text !== undefined) return text;
      }
      return undefined;
    },
  };
}

async function resultFolders(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const inside = entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
  return [folder, ...inside.sort()];
}

async function hasPlan(folder: string): Promise<boolean> {
  return stat(join(folder, planFile)).then(
    (file) => file.isFile(),
    () => false,
  );
}
