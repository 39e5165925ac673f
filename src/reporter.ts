/** Where a remark belongs: a file, with a line (1-based) where one is known. */
export interface Place {
  file: string;
  line?: number | undefined;
}

/**
 * What a command tells while it works. Results are returned, never reported.
 * The terminal prints to stderr, the Action writes its log and annotations.
 */
export interface Reporter {
  info(message: string): void;
  warning(message: string, place?: Place): void;
  /** `done` of `total` pieces of the work named `label`; called often, shown only when it takes long. */
  progress(label: string, done: number, total: number): void;
}

export const silentReporter: Reporter = { info() {}, warning() {}, progress() {} };
