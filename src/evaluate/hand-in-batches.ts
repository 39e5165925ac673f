import type { BatchRequest } from "../models/batch.ts";
import { highestNeed } from "../models/budget.ts";
import type { Call } from "../models/call.ts";
import type { JournaledBatch } from "./batch-journal.ts";
import { type BatchRun, endOf, type HandedIn, lostBatch, preparedOf } from "./batch-run.ts";
import type { PlannedTrial } from "./plan.ts";
import type { AdmittedCall } from "./trial-budget.ts";

/**
 * Finds the batches of an earlier run that are still open, and, where `submits`, hands in the calls of the trials that
 * have no answer. A batch is in the journal before it exists. Where the budget has no room for all of
 * them at their highest cost, none is handed in. Throws `Failure` (exit code 2).
 */
export async function handInBatches(
  trials: readonly PlannedTrial[],
  run: BatchRun,
  { submits }: { submits: boolean },
): Promise<HandedIn> {
  const { model, journal, arrived, budget, priced } = run;
  const calls = new Map(trials.map((trial) => [trial.key, run.callOf(trial)]));
  const handed: HandedIn = { batches: [], calls, end: "complete", hasBatches: true };
  try {
    for (const one of journal.open(model.spec)) {
      const found = one.batch === undefined ? await lostBatch(one, run) : one;
      if (found === undefined) continue;
      handed.batches.push(found);
      beginAll(found.keys, calls, run);
      budget.admitAll(priced, needsOf(openKeys(found.keys, run), calls), { isMade: true });
    }
    const waiting = new Set(handed.batches.flatMap(({ keys }) => keys));
    if (handed.batches.length > 0) {
      run.reporter.info(
        `${waiting.size} calls to ${model.spec} are in a batch of an earlier run, whose answers are waited for. Remove ${journal.path} to ask, and pay, again.`,
      );
    }
    if (!submits) return handed;
    const requests = [...calls]
      .filter(([key]) => !waiting.has(key) && arrived.get(key) === undefined)
      .map(([id, call]): BatchRequest => ({ id, call }));
    if (requests.length === 0) return handed;
    beginAll(
      requests.map(({ id }) => id),
      calls,
      run,
    );
    budget.admitAll(
      priced,
      needsOf(
        requests.map(({ id }) => id),
        calls,
      ),
    );
    const left = new Set(requests);
    try {
      for (const part of model.parts(requests)) {
        const made = await makeBatch(part, run);
        handed.hasBatches = made !== undefined;
        if (made === undefined) break;
        handed.batches.push(made);
        for (const request of part) left.delete(request);
      }
    } finally {
      for (const { call } of left) {
        budget.budget.takeBack(call.purpose);
        budget.settle(call.purpose);
      }
    }
  } catch (thrown) {
    handed.end = endOf(thrown, run);
  }
  return handed;
}

async function makeBatch(part: readonly BatchRequest[], run: BatchRun): Promise<JournaledBatch | undefined> {
  const { model, journal, now, reporter } = run;
  const ticket = await model.prepare(part);
  if (ticket === undefined) return undefined;
  const keys = part.map(({ id }) => id);
  const one = await journal.prepared({ student: model.spec, ticket, at: now(), keys });
  const batch = await model.submit(preparedOf(one, run), part);
  if (batch === undefined) {
    await journal.ended(one);
    return undefined;
  }
  reporter.info(
    `${part.length} calls to ${model.spec} are in batch ${batch}, which may take 24 hours. This run can be stopped, and started again to go on waiting.`,
  );
  return journal.submitted(one, batch);
}

/** The names of the requests are the keys of their trials. */
function beginAll(
  keys: readonly string[],
  calls: ReadonlyMap<string, Call>,
  { budget }: Pick<BatchRun, "budget">,
): void {
  for (const key of keys) {
    const call = calls.get(key);
    if (call !== undefined) budget.begin(call.purpose, { trial: key });
  }
}

function openKeys(keys: readonly string[], { arrived, isFinished }: BatchRun): string[] {
  return keys.filter((key) => arrived.get(key) === undefined && !isFinished(key));
}

function needsOf(keys: readonly string[], calls: ReadonlyMap<string, Call>): AdmittedCall[] {
  return keys.flatMap((key) => {
    const call = calls.get(key);
    return call === undefined ? [] : [{ purpose: call.purpose, need: highestNeed(call) }];
  });
}
