import type { Redactor } from "../secrets/redactor.ts";
import type { Evidence } from "../evidence/evidence.ts";
import { type CompressedSearchLog, compressSearchLog } from "../evidence/compressed-search-log.ts";
import { collectSearchLog, type SearchLog } from "../evidence/search-log.ts";
import { searchLogEvidence } from "../evidence/search-log-items.ts";
import { type SearchVersions, searchVersions } from "../evidence/search-versions.ts";
import type { Reporter } from "../reporter.ts";
import { sourceName } from "./source-name.ts";

/** A search log, read and compressed. */
export interface SearchLogTrace {
  mode: "search_log";
  /** The name of its folder, for people. */
  source: string;
  digest: string;
  log: SearchLog;
  compressed: CompressedSearchLog;
  evidence: Evidence[];
  versions: SearchVersions;
}

/** Reads a trace. Throws `Failure` (exit code 2) for a path that holds none. */
export async function readTrace(
  path: string,
  options: { op?: string | undefined; reporter: Reporter; redactor?: Redactor | undefined },
): Promise<SearchLogTrace> {
  const log = await collectSearchLog(path, options);
  const versions = searchVersions(log);
  const compressed = compressSearchLog(log, versions);
  const evidence = searchLogEvidence(log, compressed);
  return {
    mode: "search_log",
    source: sourceName(path, "logs"),
    digest: log.digest,
    log,
    compressed,
    evidence,
    versions,
  };
}
