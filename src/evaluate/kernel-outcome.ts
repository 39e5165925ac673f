import { z } from "zod";
import { baselines } from "../kernels/choices.ts";
import { type CandidateResult, kernelVerdicts, type KernelResult } from "../kernels/kernel-result.ts";

const sha = z.string().regex(/^[0-9a-f]{64}$/);
const version = z.string().max(200).nullable().exactOptional();

/** What the harness says about an answer, or that the answer holds no kernel. */
export const kernelOutcomeSchema = z.strictObject({
  verdict: z.enum([...kernelVerdicts, "no-kernel"]),
  compiled: z.boolean(),
  /** Null without a kernel. */
  candidate_sha256: sha.nullable(),
  /** Time of the reference / time of the kernel, with its interval (docs/kernels.md); null where nothing was timed. */
  speedup: z
    .strictObject({
      median: z.number().positive(),
      low: z.number().positive(),
      high: z.number().positive(),
      against: z.enum(baselines),
    })
    .nullable(),
  milliseconds: z.number().positive().nullable(),
  /** Where it was measured; null where nothing was. Versions are absent in results from before they were kept. */
  device: z
    .strictObject({
      kind: z.enum(["cpu", "cuda"]),
      name: z.string().max(500),
      torch: version,
      triton: version,
      cuda: version,
      driver: version,
    })
    .nullable(),
  harness_sha256: sha.nullable(),
  /** Answers that it took, with those that were corrected. */
  answers: z.int().positive(),
  /** What measuring all of them took. */
  device_seconds: z.number().nonnegative(),
});
export type KernelOutcome = z.infer<typeof kernelOutcomeSchema>;

/** What was measured of one candidate, kept with everything that the job's result says about the job. */
export type Measurement = KernelResult & { results: [CandidateResult] };

/** Splits the result of a job by its candidates; the seconds are shared out evenly. */
export function measurementsOf(result: KernelResult): Map<string, Measurement> {
  const count = Math.max(1, result.results.length);
  const seconds = { total: result.seconds.total / count, kernels: result.seconds.kernels / count };
  return new Map(
    result.results.map((one) => [one.candidate, { ...result, seconds, results: [one], versus: [] }]),
  );
}
