import { sha256 } from "../digest.ts";
import type { PlannedTrial } from "./plan.ts";

/**
 * A name for the results that a plan asks for: equal for equal skills, cases, students and repeats, wherever and for
 * whatever commit they are planned. 32 hexadecimal digits of a SHA-256 over the keys of the trials and the judge.
 */
export function resultsKey(trials: readonly PlannedTrial[], judge: string | null): string {
  const keys = [...new Set(trials.map(({ key }) => key))].sort();
  return sha256(JSON.stringify([judge, keys])).slice(0, 32);
}

/** The artifact that a workflow keeps the results under, for the next run that asks for the same. */
export function resultsArtifact(key: string): string {
  return `overproof-results-${key}`;
}

/** The artifact with the latest complete results of a pull request: its next commit pays only for what it changed. */
export function pullRequestArtifact(number: number): string {
  return `overproof-results-pull-${number}`;
}
