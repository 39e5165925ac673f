import { Failure } from "../failure.ts";
import type { BatchResult } from "../models/batch.ts";
import { highestNeed } from "../models/budget.ts";
import type { Call, Reply } from "../models/call.ts";
import type { JournaledBatch } from "./batch-journal.ts";
import { type BatchRun, endOf, type HandedIn, lostBatch } from "./batch-run.ts";
import type { RunEnd } from "./run-trials.ts";

/** What became of the calls of batches that have no answer. */
export interface BatchOutcome {
  end: RunEnd;
  /** By key: calls that were not tried, and why. */
  missing: Map<string, Failure>;
  /** Keys of calls that failed. */
  failed: Set<string>;
  /** Keys of calls whose refused setting is left out from now on. */
  again: Set<string>;
}

/** The wait before a batch is asked after again: it grows by half each time, so that a batch of minutes ends in minutes. */
const wait = { firstMs: 1_000, factor: 1.5, longestMs: 60_000 };
/** Milliseconds between two remarks on a batch. */
const remarkEvery = 600_000;

/**
 * Waits for batches, and keeps their answers as they arrive, each paid for at the price of a batch. Calls that another
 * batch of the same student may take are in `again`. Gives up where the run `isStopped`. Throws `Failure` (exit code 2).
 */
export async function awaitBatches(
  { batches, calls }: HandedIn,
  run: BatchRun,
  isStopped: () => boolean,
): Promise<BatchOutcome> {
  const { model, journal, now, sleep } = run;
  const outcome: BatchOutcome = { end: "complete", missing: new Map(), failed: new Set(), again: new Set() };
  const waiting = new Map(batches.map((one) => [one.number, one]));
  const tell = progressOf(batches, run);
  let pause = wait.firstMs;
  try {
    while (waiting.size > 0 && !isStopped()) {
      for (const one of waiting.values()) {
        if (one.batch === undefined) throw new Error("A batch without a name cannot be waited for.");
        const state = await model.poll(one.batch);
        tell(one, state, now());
        if (!state.isEnded) continue;
        waiting.delete(one.number);
        if (state.refusal !== undefined) {
          await journal.ended(one);
          throw new Failure(
            `${model.spec} refused batch ${one.batch}: ${state.refusal || "it does not say why."}`,
            {
              remedy: "Change what it complains about, or leave out --batch.",
              exitCode: 3,
            },
          );
        }
        const next = await takeResults(one, one.batch, { calls, outcome, run });
        if (next !== undefined) waiting.set(next.number, next);
      }
      if (waiting.size === 0) break;
      await sleep(pause);
      pause = Math.min(pause * wait.factor, wait.longestMs);
    }
  } catch (thrown) {
    outcome.end = endOf(thrown, run);
  } finally {
    // What still waits will cost what was set aside for it.
    const held = new Set([...waiting.values()].flatMap(({ keys }) => keys));
    for (const [key, { purpose }] of calls) if (!held.has(key)) run.budget.settle(purpose);
  }
  return outcome;
}

/** Takes the results of a batch that has ended; or goes on with another one, where it was not this student's at all. */
async function takeResults(
  one: JournaledBatch,
  batch: string,
  { calls, outcome, run }: { calls: ReadonlyMap<string, Call>; outcome: BatchOutcome; run: BatchRun },
): Promise<JournaledBatch | undefined> {
  const { model, journal } = run;
  const own = new Set(one.keys);
  const seen = new Set<string>();
  await model.results(batch, (result) => {
    // A repeated attempt brings the same results again.
    if (!own.has(result.id) || seen.has(result.id)) return;
    seen.add(result.id);
    take(result, batch, { call: calls.get(result.id), outcome, run });
  });
  if (seen.size === 0) {
    const other = await lostBatch(one, run);
    if (other === undefined) for (const key of one.keys) outcome.again.add(key);
    return other;
  }
  for (const key of one.keys) if (!seen.has(key)) outcome.failed.add(key);
  await journal.ended(one);
  return undefined;
}

function take(
  result: BatchResult,
  batch: string,
  { call, outcome, run }: { call: Call | undefined; outcome: BatchOutcome; run: BatchRun },
): void {
  const { id } = result;
  switch (result.end) {
    case "answered":
      keep(id, result.reply, call, run);
      break;
    case "setting refused":
      outcome.again.add(id);
      break;
    case "failed":
      outcome.failed.add(id);
      break;
    case "expired":
    case "canceled": {
      const word = result.end === "expired" ? "expired" : "was canceled";
      outcome.missing.set(
        id,
        new Failure(`The call ${word} in its batch (${batch}).`, {
          remedy: "Run it again: it is then asked again.",
          exitCode: 3,
        }),
      );
    }
  }
}

/** An answer to a trial that this run does not need any more is paid for too, and kept for one that does. */
function keep(key: string, reply: Reply, call: Call | undefined, run: BatchRun): void {
  const { arrived, budget, priced, isFinished } = run;
  if (arrived.get(key) !== undefined || isFinished(key)) return;
  const need = call === undefined ? { inputTokens: 0, outputTokens: 0 } : highestNeed(call);
  const outputTokens = Math.ceil(reply.text.length / 4);
  const cost = budget.budget.charge(priced, call?.purpose ?? "", reply.usage, {
    ...need,
    outputTokens,
  });
  arrived.put({
    key,
    text: reply.text,
    stop: reply.stop,
    model: reply.model,
    tokens: {
      input: reply.usage.inputTokens,
      cached_input: reply.usage.cachedInputTokens,
      output: reply.usage.outputTokens,
    },
    cost_usd: cost,
    latency_ms: 0,
    calls: 1,
  });
  if (call !== undefined) budget.settle(call.purpose);
}

/** Tells how far batches are, and about how long they will take. */
function progressOf(
  batches: readonly JournaledBatch[],
  { model, reporter, now }: BatchRun,
): (one: JournaledBatch, state: { done: number; endsBy: number | undefined }, at: number) => void {
  const started = now();
  let said = started;
  const total = batches.reduce((sum, { keys }) => sum + keys.length, 0);
  const done = new Map<number, number>();
  return (one, state, at) => {
    done.set(one.number, Math.min(state.done, one.keys.length));
    const sum = [...done.values()].reduce((all, some) => all + some, 0);
    reporter.progress("Waiting for batches", sum, total);
    if (at - said < remarkEvery || sum === total) return;
    said = at;
    const left =
      sum === 0 ? "" : `, about ${Math.ceil(((at - started) / sum / 60_000) * (total - sum))} min left`;
    const latest = state.endsBy === undefined ? "" : `; it ends by ${new Date(state.endsBy).toISOString()}`;
    reporter.info(`${sum} of ${total} calls to ${model.spec} are done in their batch${left}${latest}.`);
  };
}
