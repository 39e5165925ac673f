import type { Config } from "../config/config.ts";
import type { CountedCalls } from "../evaluate/call-ledger.ts";
import { evaluationJson, statusOf } from "../evaluate/evaluation-json.ts";
import { isComparable, isSilent, outcomeOf } from "../evaluate/evaluation-outcome.ts";
import type { Evaluated, EvaluateResult, NoiseResult, RunFacts } from "../evaluate/evaluation-result.ts";
import { evaluationFigures, type EvaluationFigures } from "../evaluate/figures.ts";
import type { Known } from "../evaluate/judged-pairs.ts";
import type { DuelOutcome } from "../evaluate/kernel-duel-file.ts";
import type { KeptNoise } from "../evaluate/kept-noise.ts";
import { noiseOfTwoArms } from "../evaluate/noise-of-two-arms.ts";
import type { PlannedTrial } from "../evaluate/plan.ts";
import { resultsKey } from "../evaluate/results-key.ts";
import { shardTotals } from "../evaluate/shard-totals.ts";
import { coveredBy } from "../evaluate/shards.ts";
import { problemWords } from "../report/problem-words.ts";
import type { Evaluation } from "./evaluation.ts";
import type { MeasuredRun } from "./measure-trials.ts";
import { reportedPath } from "./reported-path.ts";

export function told(
  result: EvaluateResult,
  { gate }: Config,
  figures: EvaluationFigures | null = null,
): Evaluated {
  return { result, figures, policy: gate["block-on"] };
}

/** What a run came to, from all that is known of its results: a whole run, its shard of the trials `own`, or an A/A run. */
export function evaluatedRun(
  { plan, trials, request, context, config, folder }: Evaluation,
  own: readonly PlannedTrial[],
  {
    known,
    run,
  }: {
    known: Known & { noise: readonly KeptNoise[]; duels: readonly DuelOutcome[]; calls: CountedCalls };
    run: MeasuredRun;
  },
): Evaluated {
  const covered = coveredBy(own, trials);
  const figures = evaluationFigures(plan, known.results, { ...known, teacher: config.model });
  const noise = request.aa ? noiseOfTwoArms(plan, known.results) : [];
  const part = request.shard === undefined ? undefined : shardTotals(plan, { own, covered }, known);
  const isWhole = part === undefined && !request.aa;
  const outcome = outcomeOf({
    ended: run.ended,
    isSilent: isSilent(plan, covered, known),
    isVoid: isWhole && statusOf(figures) === "void",
    isRefused: noise.some(({ refusesMargin }) => refusesMargin),
    isComparable: request.aa
      ? noise.some(({ flipRate }) => flipRate !== null)
      : part === undefined
        ? isComparable(figures)
        : part.finished > 0,
    missing: part === undefined ? figures.totals.missing : part.missing,
  });
  const facts: RunFacts = {
    ended: run.ended,
    outcome,
    problem: problemWords(outcome, figures, run.passed),
    run: run.taken,
    seed: plan.seed,
    results: reportedPath(folder, context.cwd),
  };
  if (part !== undefined && request.shard !== undefined) {
    const { calls, cost_usd, excluded } = part;
    const result: EvaluateResult = {
      command: "evaluate",
      status: "partial",
      shard: request.shard,
      skills: [],
      calls,
      cost_usd,
      excluded,
      ...facts,
    };
    return told(result, config);
  }
  const measured = evaluationJson(figures);
  if (isWhole) {
    const isComplete = figures.totals.missing === 0;
    return {
      ...told({ ...measured, ...facts }, config, figures),
      ...(isComplete ? { key: resultsKey(trials, plan.judge) } : {}),
    };
  }
  const result: NoiseResult = {
    command: "evaluate",
    status: outcome === "refused" ? "refused" : measured.missing > 0 ? "incomplete" : "complete",
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
