/** How long one attempt may take; all in milliseconds. */
export interface AttemptLimits {
  /** Without a byte from the server: an answer that is still coming is never cut. */
  silenceMs: number;
  /** In all, so that a server that only drips cannot hold a run for ever. */
  totalMs: number;
}

/** Node's fetch ends a silent body after five minutes as well. */
export const attemptLimits: AttemptLimits = { silenceMs: 300_000, totalMs: 3_600_000 };

export interface Deadline {
  /** Aborts when a limit has passed. */
  readonly signal: AbortSignal;
  /** Continues a sentence that begins with the model; undefined while no limit has passed. */
  readonly passed: () => string | undefined;
  /** A byte has come. */
  readonly alive: () => void;
  readonly stop: () => void;
}

export function startDeadline(limits: AttemptLimits): Deadline {
  const controller = new AbortController();
  let passed: string | undefined;
  const end = (reason: string): void => {
    passed ??= reason;
    controller.abort();
  };
  const silence = setTimeout(() => end(`sent nothing for ${seconds(limits.silenceMs)}`), limits.silenceMs);
  const total = setTimeout(() => end(`was not done after ${seconds(limits.totalMs)}`), limits.totalMs);
  return {
    signal: controller.signal,
    passed: () => passed,
    alive: () => {
      silence.refresh();
    },
    stop: () => {
      clearTimeout(silence);
      clearTimeout(total);
    },
  };
}

function seconds(milliseconds: number): string {
  return `${Number((milliseconds / 1000).toFixed(1))} s`;
}
