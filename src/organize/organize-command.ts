import { isPublished } from "../report/published-command.ts";

const valued: ReadonlySet<string> = new Set(["--library", "--model", "--output", "--config"]);

/** Whether a text is a command that makes a proposal of organize again: it comes from strangers, and is published. */
export function isOrganizeCommand(text: string): boolean {
  const remark = "with options too long to show";
  return isPublished(text, { name: "organize", remark, valued, flag: "--dry-run" });
}
