import { join } from "node:path";
import type { LoadedConfig } from "../config/load.ts";
import { askForKernels } from "../evaluate/ask-kernels.ts";
import { type BundledCase, duelId } from "../evaluate/bundled-case.ts";
import { createBundle, type KernelBundle } from "../evaluate/kernel-bundle.ts";
import { type DuelOutcome, writeDuels } from "../evaluate/kernel-duel-file.ts";
import { kernelDuels } from "../evaluate/kernel-duels.ts";
import { stateOf, trialOf } from "../evaluate/kernel-state.ts";
import { type KernelMeasuring, measureBundle } from "../evaluate/measure-kernels.ts";
import { materialOf } from "../evaluate/measured-skill.ts";
import type { PlannedTrial } from "../evaluate/plan.ts";
import type { ResultStore } from "../evaluate/result-store.ts";
import type { RunEnd } from "../evaluate/run-trials.ts";
import type { TrialBudget } from "../evaluate/trial-budget.ts";
import { measureKernels } from "../kernels/harness.ts";
import type { Model } from "../models/model.ts";
import type { Context } from "./context.ts";
import type { Evaluation } from "./evaluation.ts";
import { kernelCache, openHarness } from "./kernel-setting.ts";
import { providerOf } from "./students.ts";

/** Beside the results of a run that writes and measures kernels in one. */
const bundleFolder = "kernels";

export function isKernelTrial({ case: one }: PlannedTrial): boolean {
  return one.kernel !== undefined;
}

/**
 * Writes and measures kernels in one run: all first answers, then the device, then all corrections, so that neither
 * waits for the other within a round. Goes on with what an earlier run left.
 */
export async function runKernels(
  trials: readonly PlannedTrial[],
  parts: {
    evaluation: Evaluation;
    store: ResultStore;
    budget: TrialBudget;
    students: ReadonlyMap<string, Model>;
  },
): Promise<RunEnd> {
  const { evaluation, store } = parts;
  const { context, loaded, request } = evaluation;
  const bundle = await bundleOf(evaluation, trials, join(evaluation.folder, bundleFolder));
  try {
    const measuring = await measuringWith(bundle, { loaded, context, minutes: request.budgetMinutes });
    for (let round = 0; round <= mostRounds(bundle, trials); round += 1) {
      const asked = await askForKernels(trials, askingOf(bundle, parts));
      const measured = await measureBundle(trials, measuring);
      await storeKernels(trials, { bundle, store, folder: evaluation.folder });
      if (asked !== "complete") return asked;
      if (measured !== "complete") return measured;
      if (!trials.some((trial) => stateOf(trial, bundle).step === "ask")) break;
    }
    return "complete";
  } finally {
    await bundle.close();
  }
}

/** The bundle of an evaluation, with the texts of its kernel cases. */
export function bundleOf(
  { plan, caseOf }: Evaluation,
  trials: readonly PlannedTrial[],
  folder: string,
): Promise<KernelBundle> {
  const cases = new Map<string, BundledCase>();
  for (const trial of trials) {
    const { kernel } = caseOf(trial);
    const { sha256 } = trial.case;
    if (kernel !== undefined) cases.set(sha256, { sha256, ...kernel });
  }
  return createBundle(folder, plan, [...cases.values()]);
}

export function askingOf(
  bundle: KernelBundle,
  {
    evaluation,
    budget,
    students,
  }: { evaluation: Evaluation; budget: TrialBudget; students: ReadonlyMap<string, Model> },
): Parameters<typeof askForKernels>[1] {
  const { context, config, skills, agents } = evaluation;
  return {
    bundle,
    students,
    budget,
    materialOf: materialOf(skills, agents),
    laneOf: ({ student }) => providerOf(student.spec),
    concurrency: config.evaluate.concurrency,
    reporter: context.reporter,
    now: context.now,
  };
}

/** How this machine measures a bundle. `minutes` is what the device may be held; the configuration's when absent. */
export async function measuringWith(
  bundle: KernelBundle,
  { loaded, context, minutes }: { loaded: LoadedConfig; context: Context; minutes: number | undefined },
): Promise<KernelMeasuring> {
  const { reporter, now } = context;
  const harness = await openHarness(loaded, context);
  const most = minutes ?? loaded.config.kernels["budget-minutes"];
  return {
    bundle,
    run: (job, mostMs) => measureKernels(job, { ...harness, mostMs }),
    cache: await kernelCache(loaded),
    budgetMs: most === undefined ? Infinity : most * 60_000,
    reporter,
    now: () => now().getTime(),
  };
}

/** Writes what a bundle has come to into a folder of results. Trials that wait for something are left out. */
export async function storeKernels(
  trials: readonly PlannedTrial[],
  { bundle, store, folder }: { bundle: KernelBundle; store: ResultStore; folder: string },
): Promise<void> {
  for (const planned of new Map(trials.map((trial) => [trial.key, trial])).values()) {
    const trial = trialOf(planned, bundle);
    if (trial === undefined || JSON.stringify(store.get(planned.key)) === JSON.stringify(trial)) continue;
    const { reply_sha256: digest } = trial;
    await store.add(trial, digest === null ? null : await bundle.reply(digest));
  }
  await writeDuels(folder, duelsIn(trials, bundle));
}

function duelsIn(trials: readonly PlannedTrial[], bundle: KernelBundle): DuelOutcome[] {
  return kernelDuels(bundle.plan, trials, bundle).flatMap((duel) => {
    if (duel.subject === duel.reference) return [{ ...duel, ratio: { median: 1, low: 1, high: 1 } }];
    const result = bundle.duel(duelId(bundle.caseOf(duel.case), duel.subject, duel.reference));
    const ratio = result?.versus[0]?.ratio ?? null;
    return ratio === null ? [] : [{ ...duel, ratio }];
  });
}

function mostRounds(bundle: KernelBundle, trials: readonly PlannedTrial[]): number {
  return Math.max(...trials.map(({ case: one }) => bundle.caseOf(one.sha256).measuring.rounds));
}
