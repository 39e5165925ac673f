import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { LoadedConfig } from "../config/load.ts";
import { priceTable } from "../config/price-table.ts";
import { openArrivedAnswers } from "../evaluate/arrived-answers.ts";
import { openBatchJournal } from "../evaluate/batch-journal.ts";
import { countCalls, openCallLedger } from "../evaluate/call-ledger.ts";
import type { Evaluated, EvaluateResult } from "../evaluate/evaluation-result.ts";
import { forecastLines, forecastOf } from "../evaluate/forecast.ts";
import type { Known } from "../evaluate/judged-pairs.ts";
import { type JudgementStore, judgementWriter, openJudgements } from "../evaluate/judgement-store.ts";
import { readDuels } from "../evaluate/kernel-duel-file.ts";
import { type KeptNoise, keepNoise, noiseToKeep, readNoise } from "../evaluate/kept-noise.ts";
import { isFinished } from "../evaluate/measured-case.ts";
import { materialOf } from "../evaluate/measured-skill.ts";
import { requireParity, strangeRequests, unequalFrames } from "../evaluate/parity.ts";
import type { PlannedTrial } from "../evaluate/plan.ts";
import { planCalls } from "../evaluate/plan-calls.ts";
import { resultsKey } from "../evaluate/results-key.ts";
import { openResultStore, type ResultStore } from "../evaluate/result-store.ts";
import {
  coveredBy,
  dealOut,
  defaultShards,
  mostShards,
  parseShard,
  shardMatrix,
  shardWriter,
} from "../evaluate/shards.ts";
import { limitsLine } from "../evaluate/spending-limits.ts";
import { trialBudget } from "../evaluate/trial-budget.ts";
import { usageFailure } from "../failure.ts";
import { realPath } from "../files/real-path.ts";
import { readEvent } from "../github/event.ts";
import type { Context } from "./context.ts";
import { dropDoubtful } from "./drop-doubtful.ts";
import { type Evaluation, type EvaluateRequest, prepareEvaluation, repositoryAround } from "./evaluation.ts";
import { evaluationLimits } from "./evaluation-limits.ts";
import { evaluatedRun, told } from "./evaluated-run.ts";
import { measureTrials } from "./measure-trials.ts";
import { planKeeper } from "./plan-keeper.ts";
import { reportedPath } from "./reported-path.ts";
import { reuseResults } from "./reused-results.ts";
import { trustedConfig } from "./trusted-config.ts";

/**
 * Measures skills: runs their cases with and without them, and judges the difference. Results are kept as they come, so
 * that a run that was killed or has spent its budget goes on where it ended. Assertions in prose are for a judge; cases that have
 * nothing else are left out without one.
 * Throws `Failure`: exit code 1 for a skill that holds answers and for arms that were not asked the same, 2 for unusable
 * input. A budget that is spent and a service that keeps failing end the run with what is done; `ended` says so.
 */
export async function evaluate(request: EvaluateRequest, outer: Context): Promise<Evaluated> {
  const context = { ...outer, cwd: await realPath(outer.cwd) };
  const event = await readEvent(context.environment);
  const repository = await repositoryAround(request, context);
  const { loaded, base, libraries } = await trustedConfig(repository, event, request, context);
  const place = { loaded, repository, base, libraries };
  const evaluation = await prepareEvaluation(request, place, context);
  if (evaluation === undefined) {
    context.reporter.info("No changed skill has cases that can be measured.");
    return told(request.plan ? { include: [] } : nothingMeasured(request, loaded, context), loaded.config);
  }
  if (request.reuse && repository !== undefined) {
    const key = resultsKey(evaluation.trials, evaluation.plan.judge);
    const isOwn = event?.kind === "pull_request" && !event.isFork;
    const wanted = { key, pullRequest: isOwn ? event.number : undefined };
    const count = await reuseResults(wanted, evaluation.folder, { repository, context });
    if (count > 0) await dropDoubtful(evaluation);
  }
  const { plan, trials, estimate, load, judging, config } = evaluation;
  if (request.plan) {
    const known = await knownResults(evaluation.folder);
    return told(
      shardMatrix(trials, {
        count: shardCount(request.shards, trials),
        labels: config.evaluate["runner-labels"],
        results: known.results,
        estimate,
        load,
        judge: judging && ((some) => judging.forecast(some, known)),
      }),
      config,
    );
  }
  const shard = request.shard === undefined ? undefined : parseShard(request.shard);
  if (shard !== undefined && plan.looks > 1) {
    throw usageFailure(
      "A shard cannot top up what is undecided: it sees a part of the results.",
      "Leave out --max-repeats, or run it without shards.",
    );
  }
  const own = shard === undefined ? trials : (dealOut(trials, shard.count, load)[shard.index - 1] ?? []);
  const writer = shard === undefined ? "trials" : shardWriter(shard);
  const store = await openResultStore(evaluation.folder, writer);
  const arrived = await openArrivedAnswers(evaluation.folder, writer, (key) => isFinished(store.get(key)));
  const journal = await openBatchJournal(evaluation.folder, writer);
  const judgements = await openJudgements(evaluation.folder, judgementWriter(writer));
  const limits = evaluationLimits(evaluation, own);
  const ledger = await openCallLedger(evaluation.folder, writer);
  const budget = trialBudget(limits, priceTable(config), ledger);
  const keeper = planKeeper(evaluation, store);
  try {
    tellWhatIsAhead(evaluation, own, { store, judgements });
    const before = { results: store, judgements, calls: await countCalls([evaluation.folder]) };
    const limited = limitsLine(limits, planCalls(plan, trials, before).calls);
    if (limited !== undefined) context.reporter.info(limited);
    await keeper.begin();
    const noise = await noiseSoFar(evaluation);
    const run = await measureTrials(own, {
      evaluation,
      store,
      arrived,
      journal,
      judgements,
      budget,
      noise,
      onFinished: keeper.onFinished,
    });
    audit(own, evaluation, store);
    if (request.aa && shard === undefined) await keepNoise(evaluation.folder, noiseToKeep(plan, store));
    const duels = await readDuels(evaluation.folder);
    const calls = await countCalls([evaluation.folder]);
    const known = { results: store, judgements, noise, duels, calls };
    const evaluated = evaluatedRun(evaluation, own, { known, run });
    await keeper.end(evaluated.result);
    return evaluated;
  } finally {
    await judgements.close();
    await store.close();
    await arrived.close();
    await journal.close();
  }
}

/** The floors that A/A runs left beside the results. */
async function noiseSoFar({ folder, context }: Evaluation): Promise<KeptNoise[]> {
  const { floors, damaged } = await readNoise(folder);
  for (const place of damaged) context.reporter.warning(`${place} is no noise floor and passed over.`);
  return floors;
}

function nothingMeasured(
  { seed, results }: EvaluateRequest,
  { folder, config }: LoadedConfig,
  { cwd }: Context,
): EvaluateResult {
  return {
    command: "evaluate",
    status: "complete",
    skills: [],
    missing: 0,
    calls: 0,
    cost_usd: 0,
    excluded: 0,
    ended: "complete",
    outcome: "unchanged",
    problem: null,
    run: { calls: 0, cost_usd: 0 },
    seed: seed ?? config.evaluate.seed,
    results: reportedPath(resolve(cwd, results ?? join(folder, ".overproof", "results")), cwd),
  };
}

/** The results and judgements so far, without making their folder. */
async function knownResults(folder: string): Promise<Known> {
  const isThere = await stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isThere) return { results: new Map(), judgements: new Map() };
  const store = await openResultStore(folder);
  await store.close();
  return { results: store, judgements: await openJudgements(folder) };
}

function tellWhatIsAhead(
  { plan, estimate, judging, context }: Evaluation,
  own: readonly PlannedTrial[],
  { store, judgements }: { store: ResultStore; judgements: JudgementStore },
): void {
  const { reporter } = context;
  for (const place of store.damaged) reporter.warning(`${place} is no result and passed over.`);
  for (const place of judgements.damaged) reporter.warning(`${place} is no judgement and passed over.`);
  const forecast = forecastOf(plan, own, {
    results: store,
    estimate,
    judge: judging && ((some) => judging.forecast(some, { results: store, judgements })),
  });
  for (const line of forecastLines(forecast, plan.students.length)) reporter.info(line);
  reporter.info(`Order: random by seed ${plan.seed}.`);
}

function shardCount(asked: number | undefined, trials: readonly PlannedTrial[]): number {
  if (asked === undefined) return defaultShards(trials);
  if (asked >= 1 && asked <= mostShards) return asked;
  throw usageFailure(`${asked} shards cannot be made.`, `Write --shards with 1 to ${mostShards}.`);
}

/** Holds the recorded requests against each other and against those that the plan asks for. */
function audit(
  own: readonly PlannedTrial[],
  { trials, skills, agents }: Evaluation,
  store: ResultStore,
): void {
  const audited = coveredBy(own, trials);
  requireParity([
    ...unequalFrames(audited, store),
    ...strangeRequests(audited, store, materialOf(skills, agents)),
  ]);
}
