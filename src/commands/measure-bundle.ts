import { join, resolve } from "node:path";
import { loadConfig } from "../config/load.ts";
import { countCalls } from "../evaluate/call-ledger.ts";
import { evaluationJson, statusOf } from "../evaluate/evaluation-json.ts";
import { isComparable, outcomeOf } from "../evaluate/evaluation-outcome.ts";
import type { Evaluated } from "../evaluate/evaluation-result.ts";
import { evaluationFigures } from "../evaluate/figures.ts";
import { openBundle } from "../evaluate/kernel-bundle.ts";
import { readDuels } from "../evaluate/kernel-duel-file.ts";
import { stateOf } from "../evaluate/kernel-state.ts";
import { readNoise } from "../evaluate/kept-noise.ts";
import { measureBundle } from "../evaluate/measure-kernels.ts";
import { plannedTrials } from "../evaluate/plan.ts";
import { openResultStore } from "../evaluate/result-store.ts";
import { keepPlan } from "../evaluate/stored-plan.ts";
import { realPath } from "../files/real-path.ts";
import { problemWords } from "../report/problem-words.ts";
import type { Context } from "./context.ts";
import { isKernelTrial, measuringWith, storeKernels } from "./evaluate-kernels.ts";
import { reportedPath } from "./reported-path.ts";

export interface MeasureRequest {
  /** A folder that `--generate-only` wrote. */
  bundle: string;
  /** Folder of plan and results; `.overproof/results` when absent. */
  results?: string | undefined;
  budgetMinutes?: number | undefined;
  config?: string | undefined;
}

/**
 * Measures the kernels of a bundle, without network, models, keys or the skills, and writes plan and results. Kernels
 * that failed and may be corrected wait for their students: the bundle goes back. Throws `Failure`: exit code 2 for a
 * bundle that is missing or damaged, 3 where the machine cannot measure.
 */
export async function measureKernelBundle(request: MeasureRequest, outer: Context): Promise<Evaluated> {
  const context = { ...outer, cwd: await realPath(outer.cwd) };
  const { reporter } = context;
  const loaded = await loadConfig(context.cwd, request.config);
  const source = resolve(context.cwd, request.bundle);
  const bundle = await openBundle(source, reportedPath(source, context.cwd));
  const folder = resolve(context.cwd, request.results ?? join(loaded.folder, ".overproof", "results"));
  const store = await openResultStore(folder);
  try {
    const { plan } = bundle;
    const trials = plannedTrials(plan).filter(isKernelTrial);
    const measuring = await measuringWith(bundle, { loaded, context, minutes: request.budgetMinutes });
    const ended = await measureBundle(trials, measuring);
    await keepPlan(folder, plan, store);
    await storeKernels(trials, { bundle, store, folder });
    const open = trials.filter((trial) => stateOf(trial, bundle).step === "ask").length;
    if (open > 0) {
      reporter.info(
        `${open} trials wait for an answer of their student: run evaluate --generate-only on this bundle, and measure it again.`,
      );
    }
    if (ended === "budget spent") {
      reporter.warning(
        "The minutes on the device are spent. What is measured is kept; run it again to go on.",
      );
    }
    const { config } = loaded;
    const { floors } = await readNoise(folder);
    const figures = evaluationFigures(plan, store, {
      teacher: config.model,
      noise: floors,
      duels: await readDuels(folder),
      calls: await countCalls([folder]),
    });
    const outcome = outcomeOf({
      ended,
      missing: figures.totals.missing,
      isComparable: isComparable(figures),
      // Nobody is asked here.
      isSilent: false,
      isVoid: statusOf(figures) === "void",
      isRefused: false,
    });
    const facts = {
      ended,
      outcome,
      problem: problemWords(outcome, figures, undefined),
      run: { calls: 0, cost_usd: null },
      seed: plan.seed,
      results: reportedPath(folder, context.cwd),
    };
    return {
      result: { ...evaluationJson(figures), ...facts },
      figures,
      policy: config.gate["block-on"],
    };
  } finally {
    await store.close();
    await bundle.close();
  }
}
