import { isPublished } from "./published-command.ts";

const valued: ReadonlySet<string> = new Set([
  "--student",
  "--judge",
  "--repeats",
  "--max-repeats",
  "--seed",
  "--base",
]);

/** What stands in the place of any other text. */
export const noEvaluateCommand = "The plan names a command that no evaluation writes; it is not shown.";

/** Whether a text is a command that an evaluation can have written into its plan: plans come from strangers. */
export function isEvaluateCommand(text: string): boolean {
  const remark = "\\d{1,9} skills|with options too long to show";
  return isPublished(text, { name: "evaluate", remark, valued, flag: "--placebo" });
}
