import { Failure } from "../failure.ts";
import type { BatchModel, PreparedBatch } from "../models/batch.ts";
import type { PricedModel } from "../models/budget.ts";
import type { Call } from "../models/call.ts";
import type { Reporter } from "../reporter.ts";
import type { ArrivedAnswers } from "./arrived-answers.ts";
import type { BatchJournal, JournaledBatch } from "./batch-journal.ts";
import type { PlannedTrial } from "./plan.ts";
import type { RunEnd } from "./run-trials.ts";
import type { TrialBudget } from "./trial-budget.ts";

/** The batches of one student. */
export interface BatchRun {
  model: BatchModel;
  priced: PricedModel;
  journal: BatchJournal;
  arrived: ArrivedAnswers;
  budget: TrialBudget;
  callOf(trial: PlannedTrial): Call;
  /** Whether the result of a trial is stored. */
  isFinished: (key: string) => boolean;
  reporter: Reporter;
  /** Milliseconds since the epoch. */
  now: () => number;
  sleep: (milliseconds: number) => Promise<void>;
}

/** Batches that were handed in, with what their answers need. */
export interface HandedIn {
  batches: JournaledBatch[];
  /** The calls of the trials of this run, by key. */
  calls: ReadonlyMap<string, Call>;
  /** Why nothing more was handed in. */
  end: RunEnd;
  /** Whether the server has batches. */
  hasBatches: boolean;
}

/** The batch that was perhaps made of what a killed process had prepared. */
export async function lostBatch(one: JournaledBatch, run: BatchRun): Promise<JournaledBatch | undefined> {
  const batch = await run.model.find(preparedOf(one, run));
  if (batch !== undefined) return run.journal.submitted(one, batch);
  await run.journal.ended(one);
  return undefined;
}

export function preparedOf(
  { ticket, at, keys }: JournaledBatch,
  { journal }: Pick<BatchRun, "journal">,
): PreparedBatch {
  return { ticket, at, size: keys.length, others: journal.names };
}

/** A spent budget and a service that fails end a part of a run, and everything else the run. */
export function endOf(thrown: unknown, { budget, reporter }: BatchRun): RunEnd {
  if (!(thrown instanceof Failure) || thrown.exitCode !== 3) throw thrown;
  reporter.warning(`${thrown.message} ${thrown.remedy}`);
  return budget.hasRefused(thrown) ? "budget spent" : "service failed";
}
