import type { InitResult } from "../commands/init.ts";
import { wrapText } from "../report/wrapped-text.ts";

/** What `init` did, for a terminal: a line for each file that is not as it was, and what to do now. */
export function initText({ status, files, next }: InitResult, { columns }: { columns: number }): string {
  const lines: string[] = [];
  const folders = new Map<string, number>();
  for (const { path, change, missing, own } of files) {
    if (change === "unchanged") continue;
    // An example is many files that nobody reads one by one.
    const [, example] = /^(traces\/[^/]+)\/.+/.exec(path) ?? [];
    if (example !== undefined && change === "created") {
      folders.set(example, (folders.get(example) ?? 0) + 1);
      continue;
    }
    const differs = change === "kept" || change === "replaced" ? ` (${difference(missing, own)})` : "";
    lines.push(`${change.padEnd(8)}  ${path}${differs}`);
  }
  for (const [folder, count] of folders) lines.push(`created   ${folder}/ (${count} files)`);
  const same = files.filter(({ change }) => change === "unchanged").length;
  if (same > 0)
    lines.push(`${same} ${same === 1 ? "file is" : "files are"} as ${same === 1 ? "it" : "they"} should be.`);
  if (files.some(({ change }) => change === "kept")) {
    lines.push("Kept files are as somebody made them; init --force makes them new.");
  }
  if (status === "dry-run") lines.push("Nothing was written.");
  const steps = next.flatMap((step, index) =>
    wrapText(step, columns - 3).map((line, row) => `${row === 0 ? `${index + 1}.` : "  "} ${line}`),
  );
  return `${[...lines, "", "Next:", ...steps].join("\n")}\n`;
}

function difference(missing: number, own: number): string {
  const lines = (count: number): string => `${count} ${count === 1 ? "line" : "lines"}`;
  return `${lines(own)} of its own, ${lines(missing)} of init's missing`;
}
