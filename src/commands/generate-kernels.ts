import { resolve } from "node:path";
import { priceTable } from "../config/price-table.ts";
import { knownSum } from "../evaluate/arm-figures.ts";
import { askForKernels } from "../evaluate/ask-kernels.ts";
import { stateOf } from "../evaluate/kernel-state.ts";
import type { RunEnd } from "../evaluate/run-trials.ts";
import { trialBudget } from "../evaluate/trial-budget.ts";
import { usageFailure } from "../failure.ts";
import { realPath } from "../files/real-path.ts";
import { readEvent } from "../github/event.ts";
import type { Model } from "../models/model.ts";
import type { Context } from "./context.ts";
import { askingOf, bundleOf, isKernelTrial } from "./evaluate-kernels.ts";
import { type EvaluateRequest, prepareEvaluation, repositoryAround } from "./evaluation.ts";
import { evaluationLimits } from "./evaluation-limits.ts";
import { reportedPath } from "./reported-path.ts";
import { openStudent } from "./students.ts";
import { trustedConfig } from "./trusted-config.ts";

/** What was written for another machine to measure. */
export interface GenerateKernelsResult {
  command: "evaluate";
  status: "generated";
  /** The folder to measure, relative to the working folder when inside it. */
  bundle: string;
  /** Trials in all, those that wait for the device, those that still wait for a student, and those that are done. */
  trials: number;
  to_measure: number;
  to_ask: number;
  done: number;
  /** Of all runs on this bundle; US dollars are null where a price is not known. */
  calls: number;
  cost_usd: number | null;
  ended: RunEnd;
}

/**
 * Has the students of an evaluation write kernels into a bundle, and measures nothing. Run again on a bundle that was
 * measured, it has them correct what failed, as often as kernels.repair-rounds allows. Throws `Failure` as `evaluate`
 * does.
 */
export async function generateKernels(
  request: EvaluateRequest & { generateOnly: string },
  outer: Context,
): Promise<GenerateKernelsResult> {
  const context = { ...outer, cwd: await realPath(outer.cwd) };
  if (request.plan || request.shard !== undefined || request.aa) {
    throw usageFailure("A bundle has no shards.", "Leave out --plan, --shard and --aa.");
  }
  const event = await readEvent(context.environment);
  const repository = await repositoryAround(request, context);
  const { loaded, base, libraries } = await trustedConfig(repository, event, request, context);
  const evaluation = await prepareEvaluation(request, { loaded, repository, base, libraries }, context);
  const trials = (evaluation?.trials ?? []).filter(isKernelTrial);
  if (evaluation === undefined || trials.length === 0) {
    throw usageFailure(
      "No skill has kernel cases for a chat student.",
      "Write evals/kernels.json beside a SKILL.md, and name a model as the student.",
    );
  }
  const budget = trialBudget(evaluationLimits(evaluation, trials), priceTable(evaluation.config));
  const students = new Map<string, Model>();
  for (const { spec, runner } of evaluation.plan.students) {
    if (runner === "chat") students.set(spec, await openStudent(spec, budget.budget, context));
  }
  const folder = resolve(context.cwd, request.generateOnly);
  const bundle = await bundleOf(evaluation, trials, folder);
  try {
    const ended = await askForKernels(trials, askingOf(bundle, { evaluation, budget, students }));
    const distinct = [...new Map(trials.map((trial) => [trial.key, trial])).values()];
    const count = (step: string): number =>
      distinct.filter((trial) => stateOf(trial, bundle).step === step).length;
    const answers = distinct.flatMap(({ key }) => bundle.answers(key));
    const costs = answers.filter(({ error }) => error === null).map((answer) => answer.cost_usd);
    return {
      command: "evaluate",
      status: "generated",
      bundle: reportedPath(folder, context.cwd),
      trials: distinct.length,
      to_measure: count("measure"),
      to_ask: count("ask"),
      done: count("done"),
      calls: answers.reduce((sum, { calls }) => sum + calls, 0),
      cost_usd: costs.length === 0 ? null : knownSum(costs),
      ended,
    };
  } finally {
    await bundle.close();
  }
}
