import type { CompressedSearchLog } from "./compressed-search-log.ts";
import type { SearchLog } from "./search-log.ts";

/** The value of `collected_data.json`. Code appears by path and digest only. */
export function collectedData(log: SearchLog) {
  const { digest, metadata, records, failures, counts, rejects } = log;
  return { mode: "search_log", digest, metadata, records, failures, counts, rejects };
}

/** What stands for the best version where no version passed. */
const noVersion = {
  task_id: "",
  gen_time_us: null,
  speedup: 0,
  has_code: false,
  code_sha256: null,
  impl: null,
};

/** The value of `compressed_data.json`. The code of the best version is in it once. */
export function compressedData(log: SearchLog, compressed: CompressedSearchLog) {
  const { best, chain, faster, slower, same, counts, performance_summary } = compressed;
  const { digest, metadata } = log;
  return {
    mode: "search_log",
    digest,
    metadata,
    best: best ?? noVersion,
    chain,
    faster,
    slower,
    same,
    counts,
    performance_summary,
  };
}
