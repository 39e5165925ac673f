import type { Landed } from "../commands/land-change.ts";

/** What became of a change to the library: one line, and the body where nothing was pushed. */
export function proposeText(result: Landed): string {
  const where = `${result.branch} (into ${result.base})`;
  switch (result.status) {
    case "created":
      return `Opened ${result.url ?? ""}\n`;
    case "updated":
      return `Updated ${result.url ?? ""}\n`;
    case "unchanged":
      return `Nothing to propose to ${where}: ${result.reason ?? ""}\n`;
    case "committed":
      return `Committed ${(result.commit ?? "").slice(0, 12)} on ${where}. Look: git show ${result.branch}\n`;
    case "dry-run":
      return `Would propose ${where}: ${result.title}\n\n${result.body}`;
  }
}
