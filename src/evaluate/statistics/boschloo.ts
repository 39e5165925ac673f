import { logGamma } from "./beta.ts";

export interface PassCount {
  passed: number;
  runs: number;
}

/** The common rate is tried in steps of one over this. */
const steps = 200;

/**
 * The exact one-sided p-value of "the first passes no less often than the second", for two independent counts: the
 * test of Boschloo (1970). It orders all tables by Fisher's p-value and takes the chance of those as extreme as the one
 * seen at the common rate that makes it largest, so that its error holds for every rate. Never larger than Fisher's.
 */
export function boschloo(first: PassCount, second: PassCount): number {
  const tails = fisherTails(first.runs, second.runs);
  const seen = tails[second.passed]?.[first.passed] ?? 1;
  // Equal tables in another order differ by rounding: those count as equal.
  const reach = tails.map((tail) => tail.findLastIndex((p) => p <= seen * (1 + 1e-9)));
  const chancesOfFirst = binomial(first.runs);
  const chancesOfSecond = binomial(second.runs);
  let worst = 0;
  for (let step = 1; step < steps; step += 1) {
    const below = cumulated(chancesOfFirst(step / steps));
    const chances = chancesOfSecond(step / steps);
    worst = Math.max(
      worst,
      reach.reduce((sum, most, passed) => sum + (chances[passed] ?? 0) * (below[most] ?? 0), 0),
    );
  }
  return Math.min(seen, worst);
}

/**
 * Fisher's one-sided p-value of each table: of as few or fewer passes in the first count, given both together. By the
 * passes of the second, then by those of the first; it grows with the latter.
 */
function fisherTails(firstRuns: number, secondRuns: number): number[][] {
  const tails = Array.from({ length: secondRuns + 1 }, () => Array.from({ length: firstRuns + 1 }, () => 1));
  const [ofFirst, ofSecond, ofBoth] = [firstRuns, secondRuns, firstRuns + secondRuns].map(logWays);
  for (let total = 0; total <= firstRuns + secondRuns; total += 1) {
    let tail = 0;
    for (let first = Math.max(0, total - secondRuns); first <= Math.min(firstRuns, total); first += 1) {
      tail += Math.exp((ofFirst?.[first] ?? 0) + (ofSecond?.[total - first] ?? 0) - (ofBoth?.[total] ?? 0));
      const row = tails[total - first];
      if (row) row[first] = Math.min(1, tail);
    }
  }
  return tails;
}

/** For a rate between 0 and 1, the chances of 0 to `runs` passes. */
function binomial(runs: number): (rate: number) => number[] {
  const ways = logWays(runs);
  return (rate) =>
    ways.map((log, passed) => Math.exp(log + passed * Math.log(rate) + (runs - passed) * Math.log1p(-rate)));
}

function cumulated(chances: readonly number[]): number[] {
  let sum = 0;
  return chances.map((chance) => {
    sum += chance;
    return sum;
  });
}

/** Logarithms of the binomial coefficients of 0 to `runs` passes. */
function logWays(runs: number): number[] {
  return Array.from(
    { length: runs + 1 },
    (_, passed) => logGamma(runs + 1) - logGamma(passed + 1) - logGamma(runs - passed + 1),
  );
}
