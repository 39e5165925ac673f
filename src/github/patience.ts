import type { GitHub } from "@actions/github/lib/utils";
import type { Reporter } from "../reporter.ts";
import { isRateLimit, requestFailure, type RequestFailure } from "./api-failure.ts";

/** Says whether another try is worth its wait, and waits. */
export interface Patience {
  /** For a rate limit that asks for `seconds`; `tries` counts those that were made again before. */
  forLimit(seconds: number, tries: number): Promise<boolean>;
  /** For an outage; the wait grows with the tries (1, 4, 9 s) unless the server says how long. */
  forOutage(failure: RequestFailure, tries: number): Promise<boolean>;
}

export function patience(options: {
  reporter: Reporter;
  sleep: (milliseconds: number) => Promise<void>;
  /** Most tries after the first. */
  retries: number;
  /** Longest sum of all waits, in seconds. */
  longestWait: number;
}): Patience {
  const { reporter, sleep, retries, longestWait } = options;
  let left = longestWait;
  const wait = async (seconds: number, tries: number, reason: string): Promise<boolean> => {
    if (tries >= retries || seconds > left) return false;
    left -= seconds;
    reporter.warning(`${reason} Trying again in ${seconds} s.`);
    await sleep(seconds * 1000);
    return true;
  };
  return {
    forLimit: (seconds, tries) => wait(seconds, tries, "GitHub's rate limit is reached."),
    forOutage: (failure, tries) =>
      wait(retryAfter(failure) ?? (tries + 1) ** 2, tries, `GitHub cannot be reached (${failure.message}).`),
  };
}

/** `retry-after` in seconds: GitHub sends whole seconds, a proxy before it may send a date, which is not taken. */
function retryAfter({ headers }: RequestFailure): number | undefined {
  const seconds = Number(headers["retry-after"] ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined;
}

/**
 * A plugin that waits before the retry plugin tries again, and calls it off when the wait would be too long.
 * It goes inside of the other plugins.
 */
export function waitBeforeRetry(
  waiting: Patience,
  finalStatuses: readonly number[],
): (octokit: Pick<InstanceType<typeof GitHub>, "hook">) => void {
  return (octokit) => {
    octokit.hook.error("request", async (error, { request }) => {
      const failure = requestFailure(error);
      if (failure !== undefined && isRateLimit(failure)) {
        // GitHub's documentation calls every 429, and a 403 with `retry-after`, a limit to obey; the throttling
        // plugin goes by these words alone.
        if (!/secondary rate/i.test(error.message) && failure.headers["x-ratelimit-remaining"] !== "0") {
          error.message = `${error.message} (secondary rate limit)`;
        }
      } else if (failure !== undefined && !finalStatuses.includes(failure.status) && request.retries !== 0) {
        if (!(await waiting.forOutage(failure, request.retryCount ?? 0))) request.retries = 0;
      }
      throw error;
    });
  };
}
