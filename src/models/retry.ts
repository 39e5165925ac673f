import { Failure } from "../failure.ts";
import type { Reporter } from "../reporter.ts";
import { AttemptError } from "./attempt-error.ts";

export interface RetryRule {
  attempts: number;
  /** The longest wait after the first failed attempt; it doubles with each further one, up to `longestWaitMs`. */
  firstWaitMs: number;
  longestWaitMs: number;
  /** All waits of one call together, those that a server asks for included. */
  totalWaitMs: number;
}

export const retryRule: RetryRule = {
  attempts: 6,
  firstWaitMs: 1_000,
  longestWaitMs: 60_000,
  totalWaitMs: 300_000,
};

export interface RetryOptions {
  /** The model, which begins every sentence. */
  name: string;
  rule: RetryRule;
  sleep: (milliseconds: number) => Promise<void>;
  /** Uniform in [0, 1). */
  random: () => number;
  reporter: Reporter;
  /** Shared by the calls to one model that run at once: they fail alike, and one line says it. */
  streak?: FailureStreak;
}

/** What was said about a model since it last answered. */
export interface FailureStreak {
  /** The highest number of an attempt that was announced; 0 where none was. */
  announced: number;
}

/**
 * Repeats an attempt while its error says that another may succeed. A server's `retry-after` is honoured to the
 * millisecond; else the wait is exponential, its upper half random so that parallel jobs do not return together.
 * Throws `Failure`: at once for errors that no repetition cures, and when attempts or waiting time are used up.
 */
export async function withRetries<T>(attempt: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { name, rule, streak = { announced: 0 } } = options;
  let waited = 0;
  for (let number = 1; ; number += 1) {
    let error: AttemptError;
    try {
      const done = await attempt();
      streak.announced = 0;
      return done;
    } catch (thrown) {
      if (!(thrown instanceof AttemptError)) {
        throw thrown;
      }
      error = thrown;
    }
    if (!error.retry) {
      throw failure(`${name} ${error.message}`, error);
    }
    const most = Math.min(rule.attempts, error.attempts ?? rule.attempts);
    if (number >= most) {
      throw failure(`${name} ${error.message}, at the last of ${number} attempts`, error);
    }
    const wait = error.waitMs ?? backoff(number, options);
    if (waited + wait > rule.totalWaitMs) {
      throw failure(
        `${name} ${error.message}, and the next attempt would have to wait ${seconds(wait)} more`,
        error,
      );
    }
    if (number + 1 > streak.announced) {
      streak.announced = number + 1;
      options.reporter.info(
        `${name} ${error.message}. Waiting ${seconds(wait)} before attempt ${number + 1} of ${most}.`,
      );
    }
    await options.sleep(wait);
    waited += wait;
  }
}

/** "Equal jitter": half of the exponential wait is fixed, half random. */
function backoff(failed: number, { rule, random }: RetryOptions): number {
  const longest = Math.min(rule.firstWaitMs * 2 ** (failed - 1), rule.longestWaitMs);
  return Math.round(longest / 2 + (longest / 2) * random());
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

function failure(problem: string, error: AttemptError): Failure {
  return new Failure(/[.!?…]$/.test(problem) ? problem : `${problem}.`, {
    remedy: error.remedy,
    exitCode: error.exitCode,
  });
}
