import { Failure } from "../failure.ts";
import type { Reporter } from "../reporter.ts";
import type { JudgeDesk } from "./judge-desk.ts";
import { type JudgedPair, pairState } from "./judged-pairs.ts";
import { isFinished } from "./measured-case.ts";
import { comparePair } from "./pairwise-judge.ts";
import type { PlannedTrial } from "./plan.ts";
import type { ResultStore } from "./result-store.ts";
import type { SuiteCase } from "./suite.ts";
import type { TrialBudget } from "./trial-budget.ts";

export interface PairRun {
  desk: JudgeDesk;
  results: Pick<ResultStore, "get" | "reply">;
  caseOf(trial: PlannedTrial): SuiteCase;
  budget: TrialBudget;
  /** Pairs that are judged at once. */
  concurrency: number;
  reporter: Reporter;
}

/** After so many failures in a row, the next pairs are not tried. */
const mostFailures = 5;

/**
 * Has the pairs judged whose trials are finished and whose preference is not known. A pair that fails stays open for
 * the next run: no verdict waits for it. Throws `Failure` (exit code 2) for what would fail all of them.
 */
export async function runPairs(
  pairs: readonly JudgedPair[],
  run: PairRun,
): Promise<"complete" | "budget spent"> {
  const { desk, results, reporter } = run;
  const known = { results, judgements: desk.judgements };
  const left = pairs
    .filter(
      ({ head, reference }) => isFinished(results.get(head.key)) && isFinished(results.get(reference.key)),
    )
    .filter((pair) => pairState(pair, desk.spec, known).open > 0)
    .reverse();
  const total = left.length;
  const state = { done: 0, failed: 0, failures: 0, withoutReply: 0, isSpent: false, lastReason: "" };
  const stop: { thrown?: { error: unknown } } = {};
  reporter.progress("Comparing answers", 0, total);
  const work = async (): Promise<void> => {
    while (!state.isSpent && state.failures < mostFailures && stop.thrown === undefined) {
      const pair = left.pop();
      if (pair === undefined) return;
      try {
        if (!(await judgePair(pair, run))) state.withoutReply += 1;
        state.failures = 0;
      } catch (thrown) {
        if (!(thrown instanceof Failure) || thrown.exitCode !== 3) throw thrown;
        if (run.budget.hasRefused(thrown)) {
          state.isSpent = true;
          return;
        }
        state.failed += 1;
        state.failures += 1;
        state.lastReason = thrown.message;
      }
      state.done += 1;
      reporter.progress("Comparing answers", state.done, total);
    }
  };
  const workers = Array.from({ length: Math.min(run.concurrency, total) }, () =>
    work().catch((error: unknown) => {
      stop.thrown ??= { error };
    }),
  );
  await Promise.all(workers);
  if (stop.thrown) throw stop.thrown.error;
  if (state.failed > 0) {
    const open = state.failed + left.length;
    reporter.warning(`${open} of ${total} pairs of answers are not compared: ${state.lastReason}`);
  }
  if (state.withoutReply > 0) {
    reporter.warning(
      `${state.withoutReply} pairs of answers cannot be compared: their texts are not beside the results.`,
    );
  }
  return state.isSpent ? "budget spent" : "complete";
}

/** False where the text of a reply is not there. */
async function judgePair({ head, reference }: JudgedPair, run: PairRun): Promise<boolean> {
  const textOf = async (trial: PlannedTrial): Promise<string | undefined> => {
    const digest = run.results.get(trial.key)?.reply_sha256;
    return typeof digest === "string" ? run.results.reply(digest) : undefined;
  };
  const [subject, other] = [await textOf(head), await textOf(reference)];
  if (subject === undefined || other === undefined) return false;
  await comparePair(run.caseOf(head), { head: subject, other }, { desk: run.desk, trial: head.key });
  return true;
}
