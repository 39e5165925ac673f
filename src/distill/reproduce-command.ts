import { isPublished } from "../report/published-command.ts";

const valued: ReadonlySet<string> = new Set([
  "--mode",
  "--artifact",
  "--op",
  "--model",
  "--output",
  "--config",
]);

/** Whether a text is a command that `reproduceCommand` can have written: it comes from strangers, and is published. */
export function isReproduceCommand(text: string): boolean {
  const remark = "and \\d{1,9} more traces?|with options too long to show";
  return isPublished(text, { name: "distill", remark, valued, flag: "--dry-run" });
}
