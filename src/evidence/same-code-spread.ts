import type { SearchLog } from "./search-log.ts";
import type { SearchVersions } from "./search-versions.ts";

/** How much times of equal code differ within one log: the noise that the log itself shows. */
export interface SameCodeSpread {
  /** Versions whose code, without comments, another version has as well. */
  versions: number;
  /** Share of time by which equal code differed; 0.1 is ten percent. */
  spread: number;
}

/** From this many repeated versions on, single outliers do not decide. */
const manyVersions = 20;

/**
 * Groups the measured versions by their code. With many repeats: the 95th percentile (nearest rank) of each
 * version's distance from the median of its group; with few: the largest distance within one group.
 * Undefined where no code was timed twice: then the log says nothing about its noise.
 */
export function sameCodeSpread(log: SearchLog, versions: SearchVersions): SameCodeSpread | undefined {
  const groups = new Map<string, number[]>();
  for (const { task_id, gen_time_us, in_verification } of log.records) {
    if (!in_verification || gen_time_us === null) continue;
    const code = versions.codeOf(task_id);
    if (code === undefined) continue;
    const times = groups.get(code);
    if (times) times.push(gen_time_us);
    else groups.set(code, [gen_time_us]);
  }
  const repeated = [...groups.values()].filter((times) => times.length > 1);
  const count = repeated.reduce((sum, times) => sum + times.length, 0);
  if (count === 0) return undefined;
  if (count < manyVersions) {
    const widest = repeated.map((times) => Math.max(...times) / Math.min(...times) - 1);
    return { versions: count, spread: Math.max(...widest) };
  }
  const distances = repeated.flatMap((times) => {
    const middle = median(times);
    return times.map((time) => Math.max(time / middle, middle / time) - 1);
  });
  distances.sort((a, b) => a - b);
  return { versions: count, spread: distances[Math.ceil(distances.length * 0.95) - 1] ?? 0 };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}
