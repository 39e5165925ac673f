import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Config } from "../config/config.ts";
import type { LoadedConfig } from "../config/load.ts";
import { openArrivedAnswers } from "../evaluate/arrived-answers.ts";
import { openBatchJournal } from "../evaluate/batch-journal.ts";
import { evaluationJson } from "../evaluate/evaluation-json.ts";
import type { Evaluated, EvaluateResult, NoiseResult } from "../evaluate/evaluation-result.ts";
import { evaluationFigures, type EvaluationFigures } from "../evaluate/figures.ts";
import { forecastLines, forecastOf } from "../evaluate/forecast.ts";
import type { Known } from "../evaluate/judged-pairs.ts";
import { type JudgementStore, judgementWriter, openJudgements } from "../evaluate/judgement-store.ts";
import { type DuelOutcome, readDuels } from "../evaluate/kernel-duel-file.ts";
import { type KeptNoise, keepNoise, noiseToKeep, readNoise } from "../evaluate/kept-noise.ts";
import { isFinished } from "../evaluate/measured-case.ts";
import { materialOf } from "../evaluate/measured-skill.ts";
import { noiseOfTwoArms } from "../evaluate/noise-of-two-arms.ts";
import { requireParity, strangeRequests, unequalFrames } from "../evaluate/parity.ts";
import type { PlannedTrial } from "../evaluate/plan.ts";
import { judgementsOf } from "../evaluate/plan-judgements.ts";
import { resultsKey } from "../evaluate/results-key.ts";
import { openResultStore, type ResultStore } from "../evaluate/result-store.ts";
import type { RunEnd } from "../evaluate/run-trials.ts";
import { shardTotals } from "../evaluate/shard-totals.ts";
import {
  coveredBy,
  dealOut,
  defaultShards,
  mostShards,
  parseShard,
  shardMatrix,
  shardWriter,
} from "../evaluate/shards.ts";
import { planFile } from "../evaluate/stored-plan.ts";
import { usageFailure } from "../failure.ts";
import { realPath } from "../files/real-path.ts";
import { writeStaged } from "../files/staged-write.ts";
import { readEvent } from "../github/event.ts";
import type { Context } from "./context.ts";
import { type Evaluation, type EvaluateRequest, prepareEvaluation, repositoryAround } from "./evaluation.ts";
import { measureTrials } from "./measure-trials.ts";
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
    await reuseResults(key, evaluation.folder, { repository, context });
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
  try {
    tellWhatIsAhead(evaluation, own, { store, judgements });
    await writePlan(evaluation);
    const noise = await noiseSoFar(evaluation);
    const ended = await measureTrials(own, { evaluation, store, arrived, journal, judgements, noise });
    audit(own, evaluation, store);
    if (request.aa && shard === undefined) await keepNoise(evaluation.folder, noiseToKeep(plan, store));
    const duels = await readDuels(evaluation.folder);
    return evaluatedAs(evaluation, { results: store, judgements, noise, duels }, ended, own);
  } finally {
    await judgements.close();
    await store.close();
    await arrived.close();
    await journal.close();
  }
}

function told(result: EvaluateResult, { gate }: Config, figures: EvaluationFigures | null = null): Evaluated {
  return { result, figures, policy: gate["block-on"] };
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

function evaluatedAs(
  evaluation: Evaluation,
  known: Known & { noise: readonly KeptNoise[]; duels: readonly DuelOutcome[] },
  ended: RunEnd,
  own: readonly PlannedTrial[],
): Evaluated {
  const { plan, trials, request, context, config, folder } = evaluation;
  const facts = { ended, seed: plan.seed, results: reportedPath(folder, context.cwd) };
  if (request.shard !== undefined) {
    const judged = judgementsOf(plan, coveredBy(own, trials), known);
    const totals = shardTotals(own, known.results, judged);
    const { shard } = request;
    return told({ command: "evaluate", status: "partial", shard, skills: [], ...totals, ...facts }, config);
  }
  const figures = evaluationFigures(plan, known.results, { ...known, teacher: config.model });
  const measured = evaluationJson(figures);
  if (!request.aa) return told({ ...measured, ...facts }, config, figures);
  const noise = noiseOfTwoArms(plan, known.results);
  const isRefused = noise.some(({ refusesMargin }) => refusesMargin);
  const result: NoiseResult = {
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
  return told(result, config);
}
