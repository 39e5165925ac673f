import { groupBy } from "../group-by.ts";
import type { Reporter } from "../reporter.ts";
import { keepsFailingWords } from "./outside-failures.ts";
import type { PlannedTrial } from "./plan.ts";
import { isRefused } from "./refused-request.ts";
import type { ResultStore } from "./result-store.ts";
import type { Trial } from "./trial.ts";
import { leftOpenByBatch, type TrialEnd } from "./trial-end.ts";

export interface TrialRun {
  store: ResultStore;
  run(trial: PlannedTrial): Promise<TrialEnd>;
  /**
   * Gets what can be had for the trials of a lane together, before the first of them is run; gives up where the run
   * `isStopped`.
   */
  prepare?(trials: readonly PlannedTrial[], isStopped: () => boolean): Promise<PreparedLane>;
  /** Called when the result of a trial that was not excluded is on disk. */
  onStored(trial: PlannedTrial): void;
  /** The provider of a student: its trials share a number of places. */
  laneOf(trial: PlannedTrial): string;
  /** Trials of one lane that run at once. */
  concurrency: number;
  /** Keys that this run has tried already: their failures are not tried again. */
  tried: Set<string>;
  reporter: Reporter;
  /** Milliseconds since the epoch. */
  now: () => number;
}

export interface PreparedLane {
  /** Those that may be run now. */
  ready: readonly PlannedTrial[];
  /** Why others may not. */
  end: RunEnd;
}

export type RunEnd = "complete" | "budget spent" | "service failed";

/** After so many excluded trials in a row, the next ones of that lane are not tried. */
const mostFailures = 5;
/** Milliseconds between two remarks on how far a run is. */
const remarkEvery = 30_000;

/**
 * Runs those of the trials, in their order, that have no result: an unchanged key is never run again, an excluded one
 * of an earlier run is. Each result is on disk before its place is taken by the next trial. A trial that throws ends
 * the run once those beside it are done.
 */
export async function runTrials(trials: readonly PlannedTrial[], run: TrialRun): Promise<RunEnd> {
  const { store, tried } = run;
  const waiting = trials.filter(({ key }) => {
    const known = store.get(key);
    return known === undefined || (known.outcome === "excluded" && !tried.has(key));
  });
  const lanes = groupBy(waiting, (trial) => run.laneOf(trial));
  const progress = progressOf(waiting.length, run);
  const stop: { thrown?: { error: unknown } } = {};
  const ends = await Promise.all(
    [...lanes.values()].map((lane) => runLane(lane, run, { stop, onResult: progress })),
  );
  if (stop.thrown) throw stop.thrown.error;
  return ends.find((end) => end === "budget spent") ?? ends.find((end) => end !== "complete") ?? "complete";
}

interface Watch {
  stop: { thrown?: { error: unknown } };
  onResult: (costUsd: number | null) => void;
}

async function runLane(
  queue: readonly PlannedTrial[],
  run: TrialRun,
  { stop, onResult }: Watch,
): Promise<RunEnd> {
  const { store, tried } = run;
  let lane: PreparedLane = { ready: queue, end: "complete" };
  try {
    lane = (await run.prepare?.(queue, () => stop.thrown !== undefined)) ?? lane;
  } catch (error) {
    stop.thrown ??= { error };
    return lane.end;
  }
  const left = [...lane.ready].reverse();
  let failures = 0;
  let lastError: Trial["error"] = null;
  const work = async (): Promise<void> => {
    while (failures < mostFailures && stop.thrown === undefined) {
      const trial = left.pop();
      if (trial === undefined) return;
      const end = await run.run(trial);
      if (end === "budget spent") {
        // Trials beside it may need less than was set aside for them: one of the others takes it up again.
        left.push(trial);
        return;
      }
      tried.add(trial.key);
      lastError = end.trial.error ?? lastError;
      if (end.trial.outcome !== "excluded") failures = 0;
      else if (!isOfOneTrial(end.trial)) failures += 1;
      await store.add(end.trial, end.reply);
      if (end.trial.outcome !== "excluded") run.onStored(trial);
      onResult(end.trial.cost_usd);
    }
  };
  const workers = Array.from({ length: Math.min(run.concurrency, left.length) }, () =>
    work().catch((error: unknown) => {
      stop.thrown ??= { error };
    }),
  );
  await Promise.all(workers);
  const hasFailed = failures >= mostFailures;
  if (hasFailed && lastError !== null) run.reporter.warning(keepsFailingWords(lastError, left.length));
  if (left.length === 0) return lane.end;
  return hasFailed ? "service failed" : "budget spent";
}

/**
 * Whether a failure says nothing about the next call: what a batch left open, and a refusal of what a skill made of a
 * request. One without a skill may mean that the provider takes none.
 */
function isOfOneTrial(trial: Trial): boolean {
  return (
    leftOpenByBatch.has(trial.error?.class ?? "") ||
    (isRefused(trial) && trial.identity.given_sha256 !== null)
  );
}

/** Tells how far a run is, and about how long and how many dollars all of it will take. */
function progressOf(total: number, { reporter, now }: TrialRun): (costUsd: number | null) => void {
  const started = now();
  let said = started;
  let done = 0;
  let usd = 0;
  let isPriced = true;
  reporter.progress("Running trials", 0, total);
  return (costUsd) => {
    done += 1;
    usd += costUsd ?? 0;
    isPriced &&= costUsd !== null;
    reporter.progress("Running trials", done, total);
    const at = now();
    if (at - said < remarkEvery || done === total) return;
    said = at;
    const minutes = ((at - started) / done / 60_000) * (total - done);
    const cost = isPriced ? `, $${usd.toFixed(2)} of about $${((usd / done) * total).toFixed(2)}` : "";
    reporter.info(`${done} of ${total} trials${cost}, about ${Math.ceil(minutes)} min left.`);
  };
}
