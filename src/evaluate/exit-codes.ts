import type { ExitCode } from "../failure.ts";

interface Situation {
  exitCode: 0 | ExitCode;
  /** For people, as it stands in the help and in the README. */
  words: string;
}

/**
 * What an evaluation can come to, each with the exit code of `evaluate`. A verdict never decides the code: what may merge
 * is the gate's to say.
 */
export const outcomes = {
  planned: { exitCode: 0, words: "--plan printed the matrix, without a call" },
  unchanged: { exitCode: 0, words: "--changed, and no changed skill has cases" },
  complete: {
    exitCode: 0,
    words: "every trial has a result, whatever the verdict: deciding on it is the gate's",
  },
  incomplete: {
    exitCode: 0,
    words: "a limit ended the run after something comparable was measured: run it again to go on",
  },
  "nothing measured": {
    exitCode: 1,
    words: "a limit ended the run before anything comparable was measured",
  },
  void: {
    exitCode: 1,
    words: "the results cannot be used: too many trials failed, or more in one arm than in the other",
  },
  refused: { exitCode: 1, words: "--aa found noise that alone crosses the margin" },
  "service failed": {
    exitCode: 3,
    words: "a student or the judge could not be reached, or kept failing, after all retries",
  },
} as const satisfies Record<string, Situation>;

export type Outcome = keyof typeof outcomes;

/** How an evaluation ends that comes to nothing: by a `Failure`. */
const failures: readonly Situation[] = [
  { exitCode: 1, words: "a skill holds the answer of one of its cases, or its arms were not asked the same" },
  {
    exitCode: 2,
    words: "wrong usage or input, such as no student, no case, or a key or a model that is refused",
  },
];

/** All situations and their exit codes, by code. */
export const exitCodes: readonly Situation[] = [...Object.values(outcomes), ...failures].toSorted(
  (a, b) => a.exitCode - b.exitCode,
);

/** The table for `evaluate --help`, its lines no longer than 100 characters. */
export const exitCodesHelp: string = [
  "Exit codes:",
  ...exitCodes.map(({ exitCode, words }) => `  ${exitCode}  ${words}`),
].join("\n");
