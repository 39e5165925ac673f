import type { ExitCode } from "../failure.ts";
import type { EvaluationJson } from "./evaluation-json.ts";
import { type Outcome, outcomes } from "./exit-codes.ts";
import type { EvaluationFigures } from "./figures.ts";
import type { MergePolicy } from "./merge-policy.ts";
import type { NoiseFloor } from "./noise-floor.ts";
import type { RunEnd } from "./run-trials.ts";
import type { ShardMatrix } from "./shards.ts";
import type { Taken } from "./trial-budget.ts";

/** What there is to say of any run. */
export interface RunFacts {
  /** Why the run ended. */
  ended: RunEnd;
  /** What it came to, which decides the exit code. */
  outcome: Outcome;
  /** Where the exit code is not 0: what is wrong and what to do, in sentences; null else. */
  problem: string | null;
  /** What this run took; `calls` and `cost_usd` beside it are of all runs for these results. */
  run: Taken;
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
  /** Of the whole and complete results of a run, under which a later one finds them; see `resultsKey`. */
  key?: string;
}

/** By the table of `outcomes`. */
export function exitCodeOf(result: EvaluateResult): 0 | ExitCode {
  return outcomes["include" in result ? "planned" : result.outcome].exitCode;
}
