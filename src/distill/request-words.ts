import { usageFailure } from "../failure.ts";
import { secretKindWords } from "../secrets/finding-words.ts";
import { createRedactor, type Redactor } from "../secrets/redactor.ts";
import { requireNoSecrets } from "../secrets/secret-check.ts";
import { type Example, parseExample } from "./example.ts";

/** Characters of a task, and of either side of an example: they go into every prompt whole. */
const longestWords = 20_000;

/** What a person asked for in words, without the secrets that were in them. */
export interface RequestWords {
  task: string;
  examples: Example[];
  /** Knows the secrets of the request, and their placeholders. */
  redactor: Redactor;
  /** What was masked, for the person who asked. */
  masked: string[];
}

/**
 * Reads a task and its examples (each `in => out`), and masks the secrets in them as those of a trace are masked: a
 * person may have pasted the words from a terminal. Throws `Failure`: exit code 2 for words that say nothing, or too
 * much, 1 for a secret that is left after masking.
 */
export async function readRequestWords(task: string, examples: readonly string[]): Promise<RequestWords> {
  const redactor = createRedactor();
  // All of them before any of them: a secret that one text gives away is masked in those before it too.
  for (const text of [task, ...examples]) await redactor.maskDeep(text);
  const words = redactor.mask(task).trim();
  if (words === "") {
    throw usageFailure(
      "No task is named.",
      'Write overproof generate "TASK", such as "write row reductions in Triton".',
    );
  }
  // Masked before they are parsed: the name that tells a secret may stand on the other side of the arrow.
  const read = examples.map((example) => parseExample(redactor.mask(example)));
  const texts = [words, ...read.flatMap(({ input, output }) => [input, output])];
  for (const text of texts) {
    if (text.length <= longestWords) continue;
    throw usageFailure(
      `The task or an example has ${text.length} characters, and at most ${longestWords} are taken.`,
      "Put long material into a file, and give it with --from.",
    );
  }
  await requireNoSecrets([{ name: "The request", text: texts.join("\n") }]);
  return { task: words, examples: read, redactor, masked: secretKindWords(redactor.findings, "the request") };
}
