import { stat } from "node:fs/promises";
import { join } from "node:path";
import { loadConfig } from "../config/load.ts";
import { priceTable } from "../config/price-table.ts";
import { type ArrivedAnswers, openArrivedAnswers } from "../evaluate/arrived-answers.ts";
import { type Judge, runChatTrial } from "../evaluate/chat-runner.ts";
import { evaluationJson } from "../evaluate/evaluation-json.ts";
import type { EvaluateResult } from "../evaluate/evaluation-result.ts";
import { evaluationFigures } from "../evaluate/figures.ts";
import { forecastLines, forecastOf } from "../evaluate/forecast.ts";
import { isFinished, type TrialLookup } from "../evaluate/measured-case.ts";
import { materialOf } from "../evaluate/measured-skill.ts";
import { noiseOfTwoArms } from "../evaluate/noise-of-two-arms.ts";
import { requireParity, strangeRequests, unequalFrames } from "../evaluate/parity.ts";
import type { PlannedTrial } from "../evaluate/plan.ts";
import { openResultStore, type ResultStore } from "../evaluate/result-store.ts";
import { runLooks } from "../evaluate/run-looks.ts";
import type { RunEnd } from "../evaluate/run-trials.ts";
import { shardTotals } from "../evaluate/shard-totals.ts";
import {
  dealOut,
  defaultShards,
  mostShards,
  parseShard,
  shardMatrix,
  shardWriter,
} from "../evaluate/shards.ts";
import { planFile } from "../evaluate/stored-plan.ts";
import { type TrialBudget, trialBudget } from "../evaluate/trial-budget.ts";
import { usageFailure } from "../failure.ts";
import { realPath } from "../files/real-path.ts";
import { writeStaged } from "../files/staged-write.ts";
import type { Model } from "../models/model.ts";
import type { Context } from "./context.ts";
import { type Evaluation, type EvaluateRequest, prepareEvaluation } from "./evaluation.ts";
import { reportedPath } from "./reported-path.ts";
import { openStudent, providerOf } from "./students.ts";

/**
 * Measures skills: runs their cases with and without them, and judges the difference. Results are kept as they come, so
 * that a run that was killed or has spent its budget goes on where it ended. `judge` judges assertions in prose; cases
 * that need one are left out without it.
 * Throws `Failure`: exit code 1 for a skill that holds answers and for arms that were not asked the same, 2 for unusable
 * input. A budget that is spent and a service that keeps failing end the run with what is done; `ended` says so.
 */
export async function evaluate(
  request: EvaluateRequest,
  outer: Context,
  judge?: { name: string; judge: Judge },
): Promise<EvaluateResult> {
  const context = { ...outer, cwd: await realPath(outer.cwd) };
  const loaded = await loadConfig(context.cwd, request.config);
  const evaluation = await prepareEvaluation(request, loaded, context, judge?.name ?? null);
  const { plan, trials, estimate, config } = evaluation;
  if (request.plan) {
    return shardMatrix(trials, {
      count: shardCount(request.shards, trials),
      labels: config.evaluate["runner-labels"],
      results: await knownResults(evaluation.folder),
      estimate,
    });
  }
  const shard = request.shard === undefined ? undefined : parseShard(request.shard);
  if (shard !== undefined && plan.looks > 1) {
    throw usageFailure(
      "A shard cannot top up what is undecided: it sees a part of the results.",
      "Leave out --max-repeats, or run it without shards.",
    );
  }
  const own = shard === undefined ? trials : (dealOut(trials, shard.count, estimate)[shard.index - 1] ?? []);
  const writer = shard === undefined ? "trials" : shardWriter(shard);
  const store = await openResultStore(evaluation.folder, writer);
  const arrived = await openArrivedAnswers(evaluation.folder, writer, (key) => isFinished(store.get(key)));
  try {
    tellWhatIsAhead(evaluation, own, store);
    await writePlan(evaluation);
    const ended = await measure(own, { evaluation, store, arrived, judge: judge?.judge });
    audit(own, evaluation, store);
    return resultOf(evaluation, store, ended, own);
  } finally {
    await store.close();
    await arrived.close();
  }
}

/** The results so far, without making their folder. */
async function knownResults(folder: string): Promise<TrialLookup> {
  const isThere = await stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isThere) return new Map();
  const store = await openResultStore(folder);
  await store.close();
  return store;
}

function tellWhatIsAhead(
  { plan, estimate, context }: Evaluation,
  own: readonly PlannedTrial[],
  store: ResultStore,
): void {
  const { reporter } = context;
  for (const place of store.damaged) reporter.warning(`${place} is no result and passed over.`);
  const forecast = forecastOf(plan, own, { results: store, estimate });
  for (const line of forecastLines(forecast, plan.students.length)) reporter.info(line);
  reporter.info(`Order: random by seed ${plan.seed}.`);
}

/** An A/A run measures noise and no skill: its plan is not one that a report is made from. */
async function writePlan({ plan, folder, request }: Evaluation): Promise<void> {
  if (request.aa) return;
  const content = `${JSON.stringify(plan, null, 2)}\n`;
  await writeStaged([{ path: join(folder, planFile), content, root: folder }]);
}

function shardCount(asked: number | undefined, trials: readonly PlannedTrial[]): number {
  if (asked === undefined) return defaultShards(trials);
  if (asked >= 1 && asked <= mostShards) return asked;
  throw usageFailure(`${asked} shards cannot be made.`, `Write --shards with 1 to ${mostShards}.`);
}

/** Holds the recorded requests against each other and against those that the plan asks for. */
function audit(own: readonly PlannedTrial[], { trials, skills }: Evaluation, store: ResultStore): void {
  const keys = new Set(own.map(({ key }) => key));
  const audited = trials.filter(({ key }) => keys.has(key));
  requireParity([...unequalFrames(audited, store), ...strangeRequests(audited, store, materialOf(skills))]);
}

async function measure(
  own: readonly PlannedTrial[],
  parts: {
    evaluation: Evaluation;
    store: ResultStore;
    arrived: ArrivedAnswers;
    judge: Judge | undefined;
  },
): Promise<RunEnd> {
  const { evaluation, store, arrived, judge } = parts;
  const { context, config, plan } = evaluation;
  const { reporter, now } = context;
  const budget = budgetFor(evaluation, own);
  const find = materialOf(evaluation.skills);
  const models = new Map<string, Model>();
  for (const { spec } of plan.students) models.set(spec, await openStudent(spec, budget.budget, context));
  const ended = await runLooks(plan, own, {
    store,
    async run(trial) {
      const student = models.get(trial.student.spec);
      if (student === undefined)
        throw new Error(`The plan has a student that is not open: ${trial.student.spec}.`);
      return runChatTrial(trial, find(trial), { student, judge, budget, arrived, now });
    },
    onStored: ({ key }) => arrived.settle(key),
    laneOf: ({ student }) => providerOf(student.spec),
    concurrency: config.evaluate.concurrency,
    tried: new Set(),
    reporter,
    now: () => now().getTime(),
  });
  if (ended === "budget spent") {
    reporter.warning(
      "The budget is spent. What is done is kept; run it again with a larger budget to go on.",
    );
  }
  if (ended === "service failed") {
    reporter.warning("A provider keeps failing; its other trials were not tried. Run it again to go on.");
  }
  return ended;
}

/** A shard may spend its share of what the whole run may spend. */
function budgetFor(
  { request, config, trials, estimate }: Evaluation,
  own: readonly PlannedTrial[],
): TrialBudget {
  const { tokens, usd, calls } = config.budget;
  const weight = (some: readonly PlannedTrial[]): number =>
    [...new Map(some.map((trial) => [trial.key, estimate(trial).tokens])).values()].reduce(
      (sum, one) => sum + one,
      0,
    );
  const share = request.shard === undefined ? 1 : weight(own) / Math.max(1, weight(trials));
  const least = (...limits: (number | undefined)[]): number | undefined => {
    const given = limits.filter((limit) => limit !== undefined);
    return given.length === 0 ? undefined : Math.min(...given) * share;
  };
  const maxUsd = least(request.budgetUsd ?? config.evaluate["budget-usd"], usd);
  const maxCalls = least(request.maxCalls ?? config.evaluate["max-calls"], calls);
  const maxTokens = least(tokens);
  return trialBudget(
    {
      maxUsd,
      maxCalls: maxCalls === undefined ? undefined : Math.floor(maxCalls),
      maxTokens: maxTokens === undefined ? undefined : Math.floor(maxTokens),
    },
    priceTable(config),
  );
}

function resultOf(
  evaluation: Evaluation,
  store: ResultStore,
  ended: RunEnd,
  own: readonly PlannedTrial[],
): EvaluateResult {
  const { plan, request, context, folder } = evaluation;
  const facts = { ended, seed: plan.seed, results: reportedPath(folder, context.cwd) };
  if (request.shard !== undefined) {
    const totals = shardTotals(own, store);
    return { command: "evaluate", status: "partial", shard: request.shard, skills: [], ...totals, ...facts };
  }
  const measured = evaluationJson(evaluationFigures(plan, store));
  if (!request.aa) return { ...measured, ...facts };
  const noise = noiseOfTwoArms(plan, store);
  const isRefused = noise.some(({ refusesMargin }) => refusesMargin);
  return {
    command: "evaluate",
    status: isRefused ? "refused" : measured.missing > 0 ? "incomplete" : "complete",
    margin: plan.thresholds.margin,
    noise,
    skills: [],
    calls: measured.calls,
    cost_usd: measured.cost_usd,
    excluded: measured.excluded,
    ...facts,
  };
}
