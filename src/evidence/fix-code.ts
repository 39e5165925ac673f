import { compareText } from "../compare-text.ts";
import { sha256 } from "../digest.ts";
import { reasonOf } from "../failure.ts";
import { implementationFile, verifyFolder } from "../traces/implementation-files.ts";
import type { Reject } from "../traces/reject.ts";
import type { TraceFolder } from "../traces/trace-folder.ts";
import { type FixCheck, fixRuns } from "./fix-runs.ts";
import { languageOf, strippedSource } from "./source-text.ts";

/** A larger file is not the code of a kernel. */
const maxCodeBytes = 4 * 1024 * 1024;

/** Code of one version. */
export interface Code {
  impl: string;
  sha256: string;
  stripped: string;
}

/** The code that a check was about; undefined where the log does not hold it. */
export type CodeSource = (check: FixCheck) => Code | undefined;

/**
 * Reads the code that a check was about. A run that is repeated writes into the same folders: what lies there is
 * the code of the last check that names the folder, and that of the others is gone.
 */
export function codeSource(
  folder: TraceFolder,
  checks: readonly FixCheck[],
  { dsl, rejects }: { dsl: string; rejects: Reject[] },
): CodeSource {
  const owner = new Map<string, FixCheck>();
  for (const { checks: inTime } of fixRuns(checks)) {
    for (const check of inTime) {
      const path = verifyFolder(folder, check.verify_dir);
      const before = path === undefined ? undefined : owner.get(path);
      const isLater = before === undefined || compareText(before.timestamp ?? "", check.timestamp ?? "") <= 0;
      if (path !== undefined && isLater) owner.set(path, check);
    }
  }
  return (check) => {
    const path = verifyFolder(folder, check.verify_dir);
    if (path === undefined || owner.get(path) !== check) return undefined;
    const file = implementationFile(folder, path, check.op, check.dsl ?? dsl);
    if (file === undefined) return undefined;
    try {
      const text = folder.text(file, maxCodeBytes);
      if (text.trim() === "") return undefined;
      return { impl: file, sha256: sha256(text), stripped: strippedSource(text, languageOf(file)) };
    } catch (error) {
      rejects.push({ file, line: 1, reason: `the code cannot be read: ${reasonOf(error)}` });
      return undefined;
    }
  };
}
