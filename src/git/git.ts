import { GitError, simpleGit, type SimpleGit } from "simple-git";
import { Failure, usageFailure } from "../failure.ts";
import { calmSettings, gitEnvironment, type Environment } from "./environment.ts";

export interface GitOptions {
  /** What git reads on its standard input. */
  input?: string | Uint8Array;
  /** Variables for this call alone, of those named in `ours`. */
  variables?: Record<string, string>;
}

/** Runs git in one folder. Both throw `GitExit` when git ends with anything but 0. */
export interface Git {
  /** What git prints, as it is. */
  text(args: readonly string[], options?: GitOptions): Promise<string>;
  /** The bytes of a blob. */
  blob(id: string): Promise<Buffer>;
}

/** Git's own variables that we set; simple-git refuses every other. */
const ours = [
  "GIT_INDEX_FILE",
  "GIT_AUTHOR_NAME",
  "GIT_AUTHOR_EMAIL",
  "GIT_AUTHOR_DATE",
  "GIT_COMMITTER_NAME",
  "GIT_COMMITTER_EMAIL",
  "GIT_COMMITTER_DATE",
];

/** Git ended with an error: its exit code and what it wrote to standard error. */
export class GitExit extends GitError {
  readonly exitCode: number;
  readonly stderr: string;

  constructor(exitCode: number, stderr: string) {
    super(undefined, `git ended with ${exitCode}: ${stderr.trim()}`);
    this.name = "GitExit";
    this.exitCode = exitCode;
    this.stderr = stderr;
  }
}

/** Git in `folder`, for local work only: calls that carry a token go through `remote-git.ts`. */
export function gitIn(folder: string, environment: Environment): Git {
  const base = gitEnvironment(environment);
  const start = ({ input, variables = {} }: GitOptions): SimpleGit => {
    const env = { ...base, ...variables };
    const instance = simpleGit({
      baseDir: folder,
      config: calmSettings.map(([key, value]) => `${key}=${value}`),
      allowEnvironment: [...ours, ...Object.keys(base)],
      // These guard against strings from strangers; the settings are ours and the configuration's place the caller's.
      unsafe: { allowUnsafeHooksPath: true, allowUnsafeFsMonitor: true, allowUnsafeConfigPaths: true },
      // By default simple-git takes the output as complete 50 ms after the exit, whether the pipe is drained or not.
      completion: { onClose: true, onExit: false },
      errors: (error, { exitCode, stdErr }) =>
        exitCode === 0 ? error : new GitExit(exitCode, Buffer.concat(stdErr).toString("utf8")),
      ...(input === undefined
        ? {}
        : { input: () => (typeof input === "string" ? input : Buffer.from(input)) }),
    });
    return instance.env(env);
  };
  return {
    text: (args, options = {}) =>
      start(options)
        .raw([...args])
        .catch(withoutGit),
    async blob(id) {
      const content: unknown = await start({}).binaryCatFile(["blob", id]).catch(withoutGit);
      if (!Buffer.isBuffer(content)) throw new TypeError("simple-git returned no bytes for a blob.");
      return content;
    },
  };
}

/** Turns "the program was not found" into what the user can do about it. */
function withoutGit(error: unknown): never {
  if (error instanceof GitExit && error.stderr.includes("ENOENT") && error.exitCode < 0)
    throw gitMissing(error);
  throw error;
}

export function gitMissing(cause: unknown): Failure {
  return usageFailure(
    "The program git was not found.",
    "Install git 2.31 or newer and put it on the PATH.",
    cause,
  );
}
