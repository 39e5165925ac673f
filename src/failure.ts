/** 1: a gate or a validation said no. 2: wrong usage or input. 3: an outside service failed after retries. */
export type ExitCode = 1 | 2 | 3;

/**
 * An end of the run that a person can act on: one sentence that says what is wrong, one that says what to do.
 * Only the doors turn it into output and an exit code; everything else that is thrown is a bug.
 */
export class Failure extends Error {
  readonly remedy: string;
  readonly exitCode: ExitCode;

  constructor(problem: string, options: { remedy: string; exitCode: ExitCode; cause?: unknown }) {
    super(problem, { cause: options.cause });
    this.name = "Failure";
    this.remedy = options.remedy;
    this.exitCode = options.exitCode;
  }
}

/** Wrong usage or input (exit code 2). */
export function usageFailure(problem: string, remedy: string, cause?: unknown): Failure {
  return new Failure(problem, { remedy, exitCode: 2, cause });
}

/** What Node writes around the words of the system: `ENOENT: no such file or directory, open '/a/b'`. */
const systemError = /^E[A-Z0-9]+: ([^,]+)(?:, [a-z]+(?: '.*')?)?$/;

/** The message of anything that was thrown, on one line, without a stack, and without Node's names of system calls. */
export function reasonOf(thrown: unknown): string {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const line = message.replaceAll(/\s*\n\s*/g, " ").trim();
  return systemError.exec(line)?.[1] ?? line;
}
