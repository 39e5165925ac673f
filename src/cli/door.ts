import type { Context } from "../commands/context.ts";

/** What a group of commands may do at the terminal. The environment, arguments and exit codes stay with `cli.ts`. */
export interface Door {
  context: Context;
  /** The width and colour of standard output. */
  view: { columns: number; colour: boolean };
  /** Whether a person reads standard output, rather than a pipe or a file. */
  isTerminal: boolean;
  print: (text: string) => void;
  printJson: (value: unknown) => void;
  /** Prints pieces of JSON as they come. */
  printPieces: (pieces: AsyncIterable<string>) => Promise<void>;
  /** One sentence that says what is wrong, and one that says what to do, to standard error. */
  complain: (problem: string, remedy: string) => void;
  /** The exit code of the program when nothing else ends it. */
  endWith: (exitCode: number) => void;
}
