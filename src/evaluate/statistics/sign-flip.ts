import type { Random } from "./random.ts";

export interface SignFlip {
  /** Of a mean this large or larger, and of one this small or smaller. */
  pGreater: number;
  pLess: number;
  pTwoSided: number;
  /** Whether all assignments of signs were counted; else they were drawn. */
  isExact: boolean;
}

/** Largest sum times number of differences that is still counted exactly: a fraction of a second. */
const maxReach = 20_000_000;
const maxEnumerated = 16;
const draws = 20_000;

/**
 * The sign-flip test: how often the sum of the differences is as extreme as it is when each one's sign is a fair coin's.
 * The differences are those of independent clusters. Exact where they are multiples of a common step (as rates over few
 * repeats are) or few; otherwise Monte Carlo with the usual correction (Phipson and Smyth 2010).
 */
export function signFlip(differences: readonly number[], random: Random): SignFlip {
  const moving = differences.filter((difference) => difference !== 0);
  if (moving.length === 0) return { pGreater: 1, pLess: 1, pTwoSided: 1, isExact: true };
  const whole = wholeNumbers(moving);
  if (whole) return countedByConvolution(whole);
  return moving.length <= maxEnumerated ? enumerated(moving) : drawn(moving, random);
}

/** The differences as multiples of their common step, where there is one; undefined otherwise. */
function wholeNumbers(values: readonly number[]): number[] | undefined {
  let step = 0;
  for (const value of values) {
    step = commonStep(step, Math.abs(value));
    if (step === 0) return undefined;
  }
  const whole = values.map((value) => Math.round(value / step));
  const isExact = whole.every((count, index) => Math.abs(count * step - (values[index] ?? 0)) < 1e-9);
  const reach = whole.reduce((sum, count) => sum + Math.abs(count), 0);
  return isExact && reach * values.length <= maxReach ? whole : undefined;
}

/** Euclid's algorithm on numbers that carry rounding errors; 0 where nothing sensible is common. */
function commonStep(a: number, b: number): number {
  let [large, small] = a > b ? [a, b] : [b, a];
  while (small > 1e-7) {
    const rest = large % small;
    [large, small] = [small, Math.min(rest, small - rest)];
  }
  return large > 1e-5 ? large : 0;
}

/** The distribution of the sum, one difference after the other. */
function countedByConvolution(whole: readonly number[]): SignFlip {
  const reach = whole.reduce((sum, count) => sum + Math.abs(count), 0);
  let chances = new Float64Array(2 * reach + 1);
  chances[reach] = 1;
  for (const count of whole) {
    const size = Math.abs(count);
    const next = new Float64Array(chances.length);
    for (let at = 0; at < chances.length; at += 1) {
      const half = (chances[at] ?? 0) / 2;
      if (half === 0) continue;
      next[at + size] = (next[at + size] ?? 0) + half;
      next[at - size] = (next[at - size] ?? 0) + half;
    }
    chances = next;
  }
  const observed = whole.reduce((sum, count) => sum + count, 0);
  let pGreater = 0;
  let pLess = 0;
  let pTwoSided = 0;
  for (const [at, chance] of chances.entries()) {
    const sum = at - reach;
    if (sum >= observed) pGreater += chance;
    if (sum <= observed) pLess += chance;
    if (Math.abs(sum) >= Math.abs(observed)) pTwoSided += chance;
  }
  return atMostOne({ pGreater, pLess, pTwoSided, isExact: true });
}

function enumerated(values: readonly number[]): SignFlip {
  const total = 2 ** values.length;
  const counts = tally(values, total, (index, place) => ((index >> place) & 1) === 1);
  const share = (count: number): number => count / total;
  return {
    pGreater: share(counts.greater),
    pLess: share(counts.less),
    pTwoSided: share(counts.extreme),
    isExact: true,
  };
}

function drawn(values: readonly number[], random: Random): SignFlip {
  const counts = tally(values, draws, () => random() < 0.5);
  const share = (count: number): number => (count + 1) / (draws + 1);
  return {
    pGreater: share(counts.greater),
    pLess: share(counts.less),
    pTwoSided: share(counts.extreme),
    isExact: false,
  };
}

function tally(
  values: readonly number[],
  rounds: number,
  isFlipped: (round: number, place: number) => boolean,
): { greater: number; less: number; extreme: number } {
  const observed = values.reduce((sum, value) => sum + value, 0);
  // Sums of the same numbers in another order differ by rounding: those count as equal.
  const slack = 1e-9 * values.reduce((sum, value) => sum + Math.abs(value), 0);
  const counts = { greater: 0, less: 0, extreme: 0 };
  for (let round = 0; round < rounds; round += 1) {
    let sum = 0;
    for (const [place, value] of values.entries()) sum += isFlipped(round, place) ? -value : value;
    if (sum >= observed - slack) counts.greater += 1;
    if (sum <= observed + slack) counts.less += 1;
    if (Math.abs(sum) >= Math.abs(observed) - slack) counts.extreme += 1;
  }
  return counts;
}

function atMostOne(result: SignFlip): SignFlip {
  const { pGreater, pLess, pTwoSided } = result;
  return {
    ...result,
    pGreater: Math.min(1, pGreater),
    pLess: Math.min(1, pLess),
    pTwoSided: Math.min(1, pTwoSided),
  };
}
