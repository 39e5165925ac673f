import { baselineTimes, type KernelResult } from "./kernel-result.ts";

/** One sample of KernelBench's `eval_results.json`. Times are in milliseconds; -1 is not measured. */
interface KernelBenchSample {
  sample_id: number;
  compiled: boolean;
  correctness: boolean;
  metadata: Record<string, unknown>;
  runtime: number;
  runtime_stats: Record<string, number | string>;
  ref_runtime: number;
}

/**
 * Results in the form of KernelBench's `eval_results.json` (`scripts/eval_from_generations.py`): samples by problem. The
 * name of a problem is the number before its first underscore, where it has one. `correctness` is the verdict: a cheat
 * is no correct sample, whatever its figures.
 */
export function kernelBenchResults(results: readonly KernelResult[]): Record<string, KernelBenchSample[]> {
  const samples: Record<string, KernelBenchSample[]> = {};
  for (const { problem, device, results: candidates } of results) {
    const [, number] = /^0*(\d+)_/.exec(problem.name) ?? [];
    const own = (samples[number ?? problem.name] ??= []);
    for (const one of candidates) {
      const taken = one.samples?.pairs.map(([, milliseconds]) => milliseconds) ?? [];
      const { speedup, times } = one;
      const reference = speedup === null || times === null ? null : baselineTimes(times, speedup.against);
      own.push({
        sample_id: own.length,
        compiled: one.compiled,
        correctness: one.verdict === "correct",
        metadata: {
          candidate_sha256: one.candidate_sha256,
          verdict: one.verdict,
          ...(one.reasons.length === 0 ? {} : { reasons: one.reasons }),
        },
        runtime: one.times?.candidate.median_ms ?? -1,
        runtime_stats: taken.length === 0 ? {} : statsOf(taken, device),
        ref_runtime: reference?.median_ms ?? -1,
      });
    }
  }
  return samples;
}

function statsOf(
  taken: readonly number[],
  { name, kind }: KernelResult["device"],
): Record<string, number | string> {
  const mean = taken.reduce((sum, one) => sum + one, 0) / taken.length;
  const variance = taken.reduce((sum, one) => sum + (one - mean) ** 2, 0) / taken.length;
  return {
    mean,
    std: Math.sqrt(variance),
    min: taken.reduce((least, one) => Math.min(least, one), Infinity),
    max: taken.reduce((most, one) => Math.max(most, one), -Infinity),
    num_trials: taken.length,
    hardware: name,
    device: kind,
  };
}
