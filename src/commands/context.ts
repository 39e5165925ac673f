import type { Reporter } from "../reporter.ts";

/** What a door hands to every command. Nothing below the doors reads the process. */
export interface Context {
  cwd: string;
  /** Environment variables, by name. */
  environment: Readonly<Record<string, string | undefined>>;
  reporter: Reporter;
  now: () => Date;
  /** Uniform in [0, 1); for the jitter of retries. */
  random: () => number;
  sleep: (milliseconds: number) => Promise<void>;
}
