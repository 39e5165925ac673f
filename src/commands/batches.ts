import type { ArrivedAnswers } from "../evaluate/arrived-answers.ts";
import { awaitBatches } from "../evaluate/await-batches.ts";
import type { BatchJournal } from "../evaluate/batch-journal.ts";
import type { BatchRun } from "../evaluate/batch-run.ts";
import { whyPlain } from "../evaluate/batchable.ts";
import { messageOf } from "../evaluate/chat-runner.ts";
import { handInBatches } from "../evaluate/hand-in-batches.ts";
import { isFinished } from "../evaluate/measured-case.ts";
import { materialOf } from "../evaluate/measured-skill.ts";
import type { PlannedTrial } from "../evaluate/plan.ts";
import type { ResultStore } from "../evaluate/result-store.ts";
import type { PreparedLane, RunEnd } from "../evaluate/run-trials.ts";
import type { TrialBudget } from "../evaluate/trial-budget.ts";
import { purposeOf } from "../evaluate/trial-end.ts";
import type { Failure } from "../failure.ts";
import { groupBy } from "../group-by.ts";
import { chatCall } from "../models/question.ts";
import { parseModelSpec } from "../models/spec.ts";
import { openConfiguredBatches } from "./configured-model.ts";
import type { Evaluation } from "./evaluation.ts";

export interface Batches {
  /** Gets the answers to trials of one lane from batches, as `TrialRun.prepare` has it. */
  prepare(trials: readonly PlannedTrial[], isStopped: () => boolean): Promise<PreparedLane>;
  /** Why the batch of a trial left it open; undefined for all others. */
  missing: (key: string) => Failure | undefined;
}

/**
 * A call may be refused for one setting and then for another one, so that it takes three batches at most; then it is
 * made plainly.
 */
const mostRounds = 3;

/**
 * The batches of an evaluation, with `--batch`; without it only those of an earlier run that are still open. Calls that
 * a batch cannot take, and those that failed in one, are left to be made one by one.
 */
export function batchesOf(
  evaluation: Evaluation,
  parts: { store: ResultStore; arrived: ArrivedAnswers; journal: BatchJournal; budget: TrialBudget },
): Batches {
  const { request, context } = evaluation;
  const { store, arrived, journal, budget } = parts;
  const { reporter } = context;
  const find = materialOf(evaluation.skills, evaluation.agents);
  const missing = new Map<string, Failure>();
  const told = new Set<string>();
  const tellOnce = (sentence: string): void => {
    if (!told.has(sentence)) reporter.info(sentence);
    told.add(sentence);
  };
  /** Students whose servers have no batches. */
  const without = new Set<string>();
  // A batch whose name never arrived is found by elimination, so that there must not be two of them.
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const next = turn.then(work, work);
    turn = next.catch(() => undefined);
    return next;
  };

  const runOf = (spec: string): BatchRun => {
    const parsed = parseModelSpec(spec);
    return {
      model: openConfiguredBatches(spec, context),
      priced: { spec, model: "model" in parsed ? parsed.model : spec, isBatched: true },
      journal,
      arrived,
      budget,
      callOf(trial) {
        const material = find(trial);
        if (material.runner !== "chat") throw new Error(`A batch cannot take ${trial.student.spec}.`);
        return chatCall(messageOf(material.request, purposeOf(trial)));
      },
      isFinished: (key) => isFinished(store.get(key)),
      reporter,
      now: () => context.now().getTime(),
      sleep: context.sleep,
    };
  };

  /** The keys of trials of one student that have to wait, and why. */
  async function gather(
    spec: string,
    trials: readonly PlannedTrial[],
    isStopped: () => boolean,
  ): Promise<{ held: Set<string>; end: RunEnd }> {
    const run = runOf(spec);
    const submits = request.batch === true && !without.has(spec);
    const failed = new Set<string>();
    let open = trials;
    let end: RunEnd = "complete";
    for (let round = 1; round <= mostRounds && open.length > 0 && end === "complete"; round += 1) {
      const asked = open;
      const handed = await inTurn(() => handInBatches(asked, run, { submits }));
      const outcome = await awaitBatches(handed, run, isStopped);
      end = handed.end === "complete" ? outcome.end : handed.end;
      for (const [key, reason] of outcome.missing) missing.set(key, reason);
      for (const key of outcome.failed) failed.add(key);
      if (!handed.hasBatches) {
        without.add(spec);
        tellOnce(`${spec} has no batches: its calls are made one by one.`);
        break;
      }
      open = submits ? open.filter(({ key }) => outcome.again.has(key)) : [];
    }
    if (failed.size > 0)
      reporter.info(`${failed.size} calls to ${spec} failed in their batch and are made one by one.`);
    const inBatches = new Set(journal.open(spec).flatMap(({ keys }) => keys));
    const mustWait = ({ key }: PlannedTrial): boolean =>
      end !== "complete" &&
      (submits || inBatches.has(key)) &&
      arrived.get(key) === undefined &&
      !failed.has(key) &&
      !missing.has(key);
    return { held: new Set(trials.filter(mustWait).map(({ key }) => key)), end };
  }

  return {
    missing: (key) => missing.get(key),
    async prepare(trials, isStopped) {
      const able = trials.filter((trial) => {
        const reason = whyPlain(trial);
        const { spec } = trial.student;
        if (reason !== undefined && request.batch) {
          tellOnce(`${spec} ${reason}: its calls are made one by one.`);
        }
        return reason === undefined && (request.batch || journal.open(spec).length > 0);
      });
      const students = groupBy(able, ({ student }) => student.spec);
      const gathered = await Promise.allSettled(
        [...students].map(([spec, some]) => gather(spec, some, isStopped)),
      );
      const held = new Set<string>();
      let end: RunEnd = "complete";
      for (const one of gathered) {
        if (one.status === "rejected") throw one.reason;
        for (const key of one.value.held) held.add(key);
        if (one.value.end === "budget spent" || end === "complete") end = one.value.end;
      }
      return { ready: trials.filter(({ key }) => !held.has(key)), end };
    },
  };
}
