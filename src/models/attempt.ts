import { attemptError, AttemptError } from "./attempt-error.ts";
import type { AttemptLimits } from "./deadline.ts";
import { startDeadline } from "./deadline.ts";
import type { ServedSpec } from "./spec.ts";

export interface ProviderOptions {
  spec: ServedSpec;
  apiKey: string | undefined;
  limits: AttemptLimits;
  now: () => number;
}

/** What an attempt shares with the code that makes it. */
export interface Attempt {
  readonly signal: AbortSignal;
  /** A byte has come. */
  readonly alive: () => void;
  /** The server takes the request: from here on it bills, also when the answer breaks off. */
  readonly begin: () => void;
  /** A piece of the answer has come. */
  readonly receive: (characters: number) => void;
  /** The error of an answer that ended without its last piece. */
  readonly cutOff: () => AttemptError;
}

/** Makes one attempt within its limits; whatever goes wrong becomes an `AttemptError`. */
export async function makeAttempt<T>(
  options: ProviderOptions,
  sdk: { APIConnectionError: abstract new (...args: never[]) => Error },
  work: (attempt: Attempt) => Promise<T>,
): Promise<T> {
  const deadline = startDeadline(options.limits);
  let received: number | undefined;
  try {
    return await work({
      signal: deadline.signal,
      alive: deadline.alive,
      begin: () => {
        received = 0;
      },
      receive: (characters) => {
        received = (received ?? 0) + characters;
      },
      cutOff: () =>
        new AttemptError("cut its answer off", {
          retry: true,
          remedy: "Try again later; everything finished before this call is kept.",
          receivedCharacters: received,
        }),
    });
  } catch (thrown) {
    throw attemptError(thrown, {
      spec: options.spec,
      apiKey: options.apiKey,
      now: options.now,
      timedOut: deadline.passed(),
      receivedCharacters: received,
      connectionError: sdk.APIConnectionError,
    });
  } finally {
    deadline.stop();
  }
}
