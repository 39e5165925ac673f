import process from "node:process";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const cleanups = new Set<() => void>();

/**
 * Has something done when the process is told to end before it is disposed of: children in groups of their own get no
 * signal from a terminal, and folders would stay. What is done must be synchronous.
 */
export function onInterrupt(cleanup: () => void): Disposable {
  if (cleanups.size === 0) {
    for (const signal of signals) process.on(signal, interrupted);
    process.on("exit", cleanUp);
  }
  cleanups.add(cleanup);
  return {
    [Symbol.dispose]() {
      cleanups.delete(cleanup);
      if (cleanups.size === 0) leave();
    },
  };
}

function cleanUp(): void {
  for (const cleanup of cleanups) cleanup();
  cleanups.clear();
}

function leave(): void {
  for (const signal of signals) process.off(signal, interrupted);
  process.off("exit", cleanUp);
}

/** The signal comes again once nobody listens, so that the process ends by it as it would have. */
function interrupted(signal: NodeJS.Signals): void {
  cleanUp();
  leave();
  process.kill(process.pid, signal);
}
