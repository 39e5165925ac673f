import type { ExitCode } from "../failure.ts";
import type { EvaluationJson } from "./evaluation-json.ts";
import type { EvaluationFigures } from "./figures.ts";
import type { MergePolicy } from "./merge-policy.ts";
import type { NoiseFloor } from "./noise-floor.ts";
import type { RunEnd } from "./run-trials.ts";
import type { ShardMatrix } from "./shards.ts";

interface RunFacts {
  /** Why the run ended. */
  ended: RunEnd;
  seed: number;
  /** The folder with the plan and the results. */
  results: string;
}

/** A whole run. */
export type MeasuredResult = EvaluationJson & RunFacts;

/** One shard: it holds a part of the cases, on which no verdict can rest. */
export interface ShardResult extends RunFacts {
  command: "evaluate";
  status: "partial";
  shard: string;
  skills: [];
  calls: number;
  cost_usd: number | null;
  excluded: number;
}

/** An A/A run: one arm against itself. */
export interface NoiseResult extends RunFacts {
  command: "evaluate";
  /** `refused`: noise alone crosses the margin. */
  status: "complete" | "incomplete" | "refused";
  margin: number;
  noise: NoiseFloor[];
  skills: [];
  calls: number;
  cost_usd: number | null;
  excluded: number;
}

export type EvaluateResult = ShardMatrix | MeasuredResult | ShardResult | NoiseResult;

/** What an evaluation came to: for programs, and for people. */
export interface Evaluated {
  result: EvaluateResult;
  /** Null but for a whole run that measured something. */
  figures: EvaluationFigures | null;
  /** What blocks a merge by the configuration. */
  policy: MergePolicy;
}

/** 0 for any verdict: deciding on it is the gate's. 1 for results that must not be used, 3 for a service that failed. */
export function exitCodeOf(result: EvaluateResult): 0 | ExitCode {
  if ("include" in result) return 0;
  if (result.status === "void" || result.status === "refused") return 1;
  return result.ended === "service failed" ? 3 : 0;
}
