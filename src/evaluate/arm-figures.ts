import type { Interval } from "./statistics/interval.ts";
import { wilsonInterval } from "./statistics/rate-interval.ts";
import { passCount } from "./measured-case.ts";
import type { Trial } from "./trial.ts";

/** What came of one arm. Null is unknown, never nothing. */
export interface ArmFigures {
  /** Cases with at least one run that counts, and their runs. */
  cases: number;
  runs: number;
  /** Runs that passed. */
  passed: number;
  /** Mean of the cases' pass rates, with its 95 % interval; null without a case. */
  rate: Interval | null;
  /** Of one run, on average: input with what was cached, and output. */
  tokensPerRun: number | null;
  latencyPerRun: number | null;
  /** US dollars: of all these runs, of one on average, and for each that passed. */
  cost: number | null;
  costPerRun: number | null;
  costPerSolved: number | null;
}

/** The figures of one arm, from the runs of each case that count. Cases without runs are passed over. */
export function armFigures(runsOfCases: readonly (readonly Trial[])[]): ArmFigures {
  const cases = runsOfCases.filter((runs) => runs.length > 0);
  const runs = cases.flat();
  const passed = passCount(runs);
  const cost = knownSum(runs.map((trial) => trial.cost_usd));
  return {
    cases: cases.length,
    runs: runs.length,
    passed,
    rate: rateOver(cases),
    tokensPerRun: perRun(knownSum(runs.map(tokensOf)), runs.length),
    latencyPerRun: perRun(
      runs.reduce((sum, trial) => sum + trial.latency_ms, 0),
      runs.length,
    ),
    cost: runs.length === 0 ? null : cost,
    costPerRun: perRun(cost, runs.length),
    costPerSolved: perRun(cost, passed),
  };
}

/**
 * Wilson's interval over cases: "passed" is the sum of the cases' rates and "total" their number, so that repeats never
 * narrow it. Five runs of one case tell little more about other cases than one does.
 */
export function rateOver(cases: readonly (readonly Trial[])[]): Interval | null {
  const rates = cases.filter((runs) => runs.length > 0).map((runs) => passCount(runs) / runs.length);
  if (rates.length === 0) return null;
  return wilsonInterval(
    rates.reduce((sum, rate) => sum + rate, 0),
    rates.length,
  );
}

/** Input and output of one run; null where the provider does not say. */
export function tokensOf({ tokens }: Trial): number | null {
  return tokens.input === null || tokens.output === null ? null : tokens.input + tokens.output;
}

/** The sum, or null where one is unknown: a sum of the others would be too small and look exact. */
export function knownSum(values: readonly (number | null)[]): number | null {
  let sum = 0;
  for (const value of values) {
    if (value === null) return null;
    sum += value;
  }
  return sum;
}

/** The mean of one run; null where it is unknown or there is none. */
export function perRun(sum: number | null, runs: number): number | null {
  return sum === null || runs === 0 ? null : sum / runs;
}
